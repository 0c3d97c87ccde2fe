"""The white list and the national directory, as the console shows them: how old, how many, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.directory.loads import State, state_of
from portal.directory.models import Reference

WITHOUT = {
    Reference.WHITELIST: "Elle n’a jamais été chargée : aucun message ne part vers un professionnel.",
    Reference.DIRECTORY: "Il n’a jamais été chargé : les adresses s’écrivent en entier.",
}
WHEN_OLD = {
    Reference.WHITELIST: "Elle date : un domaine ouvert depuis serait refusé à tort.",
    Reference.DIRECTORY: "Il date : une boîte ouverte ou fermée depuis n’y est pas à jour.",
}
NOUNS = {Reference.WHITELIST: "domaines", Reference.DIRECTORY: "adresses"}


@dataclass(frozen=True, slots=True)
class ReferenceCard:
    """One of them; `warning` says what its age means, empty when it is fresh."""

    title: str
    at: datetime | None
    rows: int
    noun: str
    warning: str
    refused: str
    refused_at: datetime | None


def reference_cards() -> tuple[ReferenceCard, ...]:
    """Four short look-ups."""
    return tuple(_card(what, state_of(what)) for what in (Reference.WHITELIST, Reference.DIRECTORY))


def reference_warnings() -> tuple[ReferenceCard, ...]:
    """Those that somebody should hear of."""
    return tuple(card for card in reference_cards() if card.warning)


def _card(what: Reference, state: State) -> ReferenceCard:
    warning = (WITHOUT if state.missing else WHEN_OLD)[what] if state.old else ""
    return ReferenceCard(
        title=str(what.label),
        at=state.at,
        rows=state.rows,
        noun=NOUNS[what],
        warning=warning,
        refused=state.refused,
        refused_at=state.refused_at,
    )
