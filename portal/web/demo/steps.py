"""The seven steps of the guided tour: who one is, what to do, what to look for, and how it is known to be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.conversations.models import Conversation
from portal.prescriptions.models import State

CONTROLLED = frozenset({State.CONTROLLED, State.READY, State.HANDED_OVER})
PREPARED = CONTROLLED | {State.PREPARED}


@dataclass(frozen=True)
class Trail:
    """What became of the message that the tour is about."""

    conversation: Conversation | None = None
    state: str = ""
    answered: bool = False
    delivered: bool = False


@dataclass(frozen=True)
class Step:
    """One step. `who` is a sign-in name; `waiting` is said until it is done."""

    who: str
    name: str
    title: str
    todo: str
    look: str
    done: Callable[[Trail], bool]
    waiting: str


STEPS = (
    Step(
        "karim",
        "Karim",
        "Un patient écrit à la pharmacie",
        "Attendez son message\u00a0: la photo de son ordonnance arrive en quelques secondes.",
        "Officinal l’a relevé chez l’opérateur, et chiffré avant de le lire.",
        lambda trail: trail.conversation is not None,
        "En route…",
    ),
    Step(
        "karim",
        "Karim",
        "Karim s’en charge",
        "Appuyez sur «\u00a0Je m’en charge\u00a0», en haut de l’échange.",
        "Son nom se pose sur la ligne\u00a0: personne ne répondra deux fois.",
        lambda trail: trail.conversation is not None and bool(trail.conversation.assignees),
        "Personne ne s’en charge encore.",
    ),
    Step(
        "karim",
        "Karim",
        "Karim prépare l’ordonnance",
        "Près de la photo\u00a0: «\u00a0Commencer la préparation\u00a0», "
        "puis «\u00a0Préparation finie, à contrôler\u00a0».",
        "Le contrôle lui reste fermé\u00a0: c’est l’affaire d’un pharmacien.",
        lambda trail: trail.state in PREPARED,
        "Elle n’est pas encore préparée.",
    ),
    Step(
        "claire",
        "Claire",
        "Claire contrôle",
        "Près de la photo\u00a0: «\u00a0J’ai contrôlé\u00a0».",
        "C’est une autre personne que celle qui a préparé\u00a0: la base de données elle-même l’exige.",
        lambda trail: trail.state in CONTROLLED,
        "Elle n’est pas encore contrôlée.",
    ),
    Step(
        "claire",
        "Claire",
        "Claire répond au patient",
        "Écrivez un mot, par exemple «\u00a0Prête à 18 h\u00a0», puis «\u00a0Envoyer\u00a0».",
        "Huit secondes pour se raviser\u00a0; puis «\u00a0Remis\u00a0», quand l’avis de l’opérateur revient.",
        lambda trail: trail.delivered,
        "La réponse n’est pas encore remise.",
    ),
    Step(
        "karim",
        "Karim",
        "Le patient vient la chercher",
        "«\u00a0Prête à remettre\u00a0», puis «\u00a0Original vu\u00a0» et «\u00a0Remettre au patient\u00a0».",
        "Une photo ne suffit jamais\u00a0: quelqu’un dit ce qu’il a vu.",
        lambda trail: trail.state == State.HANDED_OVER,
        "Elle n’est pas encore remise.",
    ),
    Step(
        "nadia",
        "Nadia",
        "Nadia relit le journal",
        "Retrouvez ce que vous venez de faire\u00a0: chaque geste porte un nom et une heure.",
        "Les lignes sont enchaînées\u00a0: en changer une, ou en retirer une, se verrait.",
        lambda trail: True,
        "",
    ),
)
FIRST, LAST = 1, len(STEPS)
