"""The pages of the help: what each is called, in the order in which one needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page; its text is `templates/help/<slug>.html`."""

    slug: str
    title: str
    about: str
    icon: str

    @property
    def url(self) -> str:
        return reverse("help_page", args=[self.slug])

    @property
    def template(self) -> str:
        return f"help/{self.slug}.html"


PAGES: Mapping[str, HelpPage] = {
    page.slug: page
    for page in (
        HelpPage(
            "boite", "Prendre en main la boîte", "Lire, prendre en charge, chercher, sans souris", "inbox"
        ),
        HelpPage(
            "ordonnance",
            "Préparer et contrôler une ordonnance",
            "Cinq étapes, deux personnes, un original vu",
            "pill",
        ),
        HelpPage(
            "repondre", "Répondre, soumettre, clore", "Ce qui part, quand, et ce que l’on en sait", "send"
        ),
        HelpPage(
            "chercher", "Retrouver un message", "Un nom, un mot, une pièce, une date, une étiquette", "search"
        ),
        HelpPage(
            "console",
            "La console du responsable",
            "Accès, remplaçants, BAL, formulaire, journal",
            "settings-2",
        ),
        HelpPage(
            "confidentialite",
            "Confidentialité et sécurité",
            "Ce qui est gardé, et qui voit quoi",
            "shield-alert",
        ),
    )
}


class PageConverter:
    """The pages there are; any other word is a 404."""

    regex = "|".join(PAGES)

    def to_python(self, value: str) -> HelpPage:
        return PAGES[value]

    def to_url(self, value: str) -> str:
        return value
