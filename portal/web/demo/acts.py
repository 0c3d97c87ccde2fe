"""The buttons of the front page: what each does, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from portal.web.demo import operator


@dataclass(frozen=True)
class DemoAct:
    """A button; `when_up` says whether it stands there while the operator answers (None: always)."""

    label: str
    icon: str
    text: str
    do: Callable[[], object]
    when_up: bool | None = None


@dataclass(frozen=True)
class Report:
    """What happened, and where to look: `who` is signed in, and led to `next_url`."""

    title: str
    text: str
    who: str = ""
    name: str = ""
    next_url: str = "/equipe/a-traiter/"
    good: bool = True


ACTS: Mapping[str, DemoAct] = {
    "patient": DemoAct(
        "Un patient envoie",
        "image",
        "La photo de son ordonnance, depuis Mon espace santé.",
        operator.patient_writes,
    ),
    "medecin": DemoAct(
        "Un médecin envoie un XDM",
        "folder-archive",
        "Une prescription structurée et son PDF, comme les écrit un logiciel de cabinet.",
        operator.doctor_sends,
    ),
    "panne": DemoAct(
        "L’opérateur tombe",
        "triangle-alert",
        "Plus rien n’entre, plus rien ne sort\u00a0: c’est là qu’une messagerie se juge.",
        partial(operator.set_down, True),
        when_up=True,
    ),
    "retour": DemoAct(
        "L’opérateur revient",
        "rotate-cw",
        "Il est en panne. Ce qui attend repartira de soi-même.",
        partial(operator.set_down, False),
        when_up=False,
    ),
}
FAILED = "refus"
TOLD: Mapping[str, Report] = {
    "patient": Report(
        "Un patient vient d’écrire à la Pharmacie du Soleil.",
        "Son message et la photo arrivent dans «\u00a0À traiter\u00a0» en quelques secondes\u00a0; "
        "l’ordonnance s’ouvre d’elle-même dans «\u00a0Ordonnances\u00a0».",
        "karim",
        "Karim",
    ),
    "medecin": Report(
        "Le Dr Petit vient d’envoyer une prescription à la Pharmacie du Soleil.",
        "Ouvrez son message dans «\u00a0À traiter\u00a0»\u00a0: la prescription s’y lit sans rien télécharger.",
        "claire",
        "Claire",
    ),
    "panne": Report(
        "L’opérateur ne répond plus.",
        "En quelques secondes, le haut de la liste le dit, avec ce qu’il faut faire. Répondez à quelqu’un\u00a0: "
        "le message attend, rien n’est perdu. La console de Nadia en donne la cause.",
        "nadia",
        "Nadia",
        "/console/messagerie/",
        good=False,
    ),
    "retour": Report(
        "L’opérateur répond de nouveau.",
        "Ce qui attendait repart au prochain essai\u00a0; «\u00a0Relever maintenant\u00a0», dans la "
        "console, n’attend pas.",
        "nadia",
        "Nadia",
        "/console/messagerie/",
    ),
    FAILED: Report(
        "Rien n’est parti\u00a0: l’opérateur ne répond pas.",
        "Appuyez sur «\u00a0L’opérateur revient\u00a0», puis recommencez.",
        good=False,
    ),
}
