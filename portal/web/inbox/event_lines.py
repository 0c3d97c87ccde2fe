"""What happened between two messages, in a line: « Karim a pris en charge »."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.conversations import moving
from portal.conversations.forwarding import FORWARDED
from portal.conversations.models import ConversationState, Message
from portal.conversations.scheduled import CALLED_OFF, SCHEDULED, STOPPED
from portal.conversations.submissions import SENT_BACK, SUBMITTED, TAKEN_BACK
from portal.team.models import User
from portal.web.inbox.cards import EventLine
from portal.web.inbox.people import MIDNIGHT, first_name
from portal.web.paths import path
from portal.web.templatetags.officinal import at as written_at


@dataclass(frozen=True, slots=True)
class Told:
    """An event: who did it, to whom, until when (« le 30 nov. à 8:30 »), why; what is not known is empty."""

    who: str
    whom: str
    until: str
    why: str
    oneself: bool


def event_line(message: Message) -> EventLine:
    """Every event has its line; one that a later version wrote says at least who moved."""
    told = Told(
        who=_first(message.author),
        whom=_first(message.about),
        until=_until(message),
        why=message.headers.get("why", ""),
        oneself=message.author_id is not None and message.author_id == message.about_id,
    )
    said, icon = LINES.get(message.what, (_changed, "check"))
    seen_in = message.__dict__.get("forwarded_to")
    there = seen_in or message.headers.get("there")
    url = path("conversation", there) if there else ""
    return EventLine(message.at, said(told), icon, url)


def _first(person: User | None) -> str:
    return first_name(person.display_name) if person else ""


def _until(message: Message) -> str:
    until = message.headers.get("until")
    return written_at(datetime.fromisoformat(until)) if until else ""


def _assigned(told: Told) -> str:
    if not told.whom:
        return f"{told.who} a rendu la conversation à l’équipe"
    return f"{told.who} a pris en charge" if told.oneself else f"{told.who} a confié à {told.whom}"


def _unassigned(told: Told) -> str:
    if not told.who and told.until:
        return f"{told.whom} s’absente, retour {told.until.removesuffix(MIDNIGHT)} : la conversation revient à l’équipe"
    if not told.who:
        return f"{told.whom} n’est plus là : la conversation revient à l’équipe"
    return f"{told.who} ne s’en charge plus" if told.oneself else f"{told.who} n’en charge plus {told.whom}"


def _sent_back(told: Told) -> str:
    return f"{told.who} a renvoyé la réponse à {told.whom}"


def _reopened(told: Told) -> str:
    return f"{told.who} a rouvert" if told.who else "Rouverte : un envoi demande votre attention"


def _awaits(whom: str) -> Callable[[Told], str]:
    def said(told: Told) -> str:
        reminder = f" ; relance sans réponse {told.until}" if told.until else ""
        return f"{told.who} attend la réponse du {whom}{reminder}"

    return said


def _snoozed(told: Told) -> str:
    back = f"retour {told.until}" if told.until else "retour avec une réponse"
    return f"{told.who} a remis à plus tard : {back}"


def _returned(told: Told) -> str:
    asked = f", comme {told.whom} l’a demandé" if told.whom else ""
    return f"De retour à traiter{asked}"


def _unanswered(told: Told) -> str:
    asked = f" (relance demandée par {told.whom})" if told.whom else ""
    return f"Toujours sans réponse : de retour à traiter{asked}"


def _changed(told: Told) -> str:
    return f"{told.who or 'Officinal'} a modifié la conversation"


LINES: dict[str, tuple[Callable[[Told], str], str]] = {
    moving.ASSIGNED: (_assigned, "user"),
    moving.UNASSIGNED: (_unassigned, "users"),
    moving.CALLED: (lambda told: f"{told.who} a appelé le patient", "phone"),
    moving.FINISHED: (lambda told: f"{told.who} a terminé", "circle-check"),
    moving.BLOCKED: (lambda told: f"{told.who} a bloqué l’expéditeur : l’échange est rangé à part", "ban"),
    moving.UNBLOCKED: (lambda told: f"{told.who} a débloqué l’expéditeur", "undo-2"),
    moving.JOINED: (lambda told: f"{told.who} a réuni ici un autre échange", "merge"),
    moving.PARTED: (lambda told: f"{told.who} a séparé de nouveau ce qui était réuni", "split"),
    moving.SPLIT: (lambda told: f"{told.who} a séparé un message, qui a son propre échange", "split"),
    moving.SPLIT_OFF: (lambda told: f"{told.who} a séparé ce message d’un autre échange", "split"),
    moving.UNDONE: (lambda told: f"{told.who} a annulé : comme avant", "undo-2"),
    moving.REOPENED: (_reopened, "undo-2"),
    moving.AWAITS[ConversationState.PATIENT]: (_awaits("patient"), "clock"),
    moving.AWAITS[ConversationState.PRESCRIBER]: (_awaits("prescripteur"), "clock"),
    moving.AWAITS[ConversationState.LATER]: (_snoozed, "clock"),
    moving.ANSWERED: (lambda told: "La réponse attendue est arrivée : de retour à traiter", "reply"),
    moving.RETURNED: (_returned, "undo-2"),
    moving.UNANSWERED: (_unanswered, "bell"),
    SUBMITTED: (lambda told: f"{told.who} a soumis une réponse à un pharmacien", "user"),
    TAKEN_BACK: (lambda told: f"{told.who} a repris sa réponse", "user"),
    SENT_BACK: (_sent_back, "undo-2"),
    FORWARDED: (lambda told: f"{told.who} a transféré un message à {told.why}", "forward"),
    SCHEDULED: (lambda told: f"{told.who} a prévu l’envoi d’une réponse {told.until}", "clock"),
    CALLED_OFF: (lambda told: f"{told.who} a repris un envoi prévu", "undo-2"),
    STOPPED: (lambda told: f"Envoi prévu de {told.whom} arrêté. {told.why}", "triangle-alert"),
}
