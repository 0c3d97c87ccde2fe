"""Who moved while one was writing: « Claire a répondu à 9:51 »."""

from __future__ import annotations

from django.utils import timezone

from portal.conversations.automatic import AUTOMATIC
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.moving import (
    ASSIGNED,
    AWAITS,
    BLOCKED,
    FINISHED,
    JOINED,
    PARTED,
    SPLIT,
    SPLIT_OFF,
    UNASSIGNED,
    UNBLOCKED,
    UNDONE,
)
from portal.conversations.scheduled import CALLED_OFF, SCHEDULED, STOPPED
from portal.conversations.submissions import SENT_BACK, SUBMITTED, TAKEN_BACK
from portal.outbound.models import Draft
from portal.outbound.same import SameMessageAgain
from portal.team.models import User
from portal.web.inbox.cards import HeldCard
from portal.web.inbox.people import correspondent, first_name

DID = {MessageKind.RECEIVED: "a écrit", MessageKind.SENT: "a répondu"}
I_DID = {MessageKind.SENT: "avez répondu"}
EVENTS = {
    ASSIGNED: "attribué la conversation",
    UNASSIGNED: "changé qui s’en charge",
    **dict.fromkeys(AWAITS.values(), "mis la conversation en attente"),
    FINISHED: "terminé la conversation",
    BLOCKED: "bloqué l’expéditeur",
    UNBLOCKED: "débloqué l’expéditeur",
    JOINED: "réuni ici un autre échange",
    **dict.fromkeys((PARTED, SPLIT, SPLIT_OFF), "séparé un message de la conversation"),
    UNDONE: "annulé ce qui venait d’être fait",
    SUBMITTED: "soumis une réponse à un pharmacien",
    TAKEN_BACK: "repris sa réponse",
    SENT_BACK: "renvoyé une réponse à son auteur",
    SCHEDULED: "prévu l’envoi d’une réponse",
    CALLED_OFF: "repris un envoi prévu",
    STOPPED: "arrêté un envoi prévu",
}


def moved(conversation: Conversation, me: User) -> HeldCard:
    """The last thing that happened in a conversation; neither a note nor an automatic answer holds anybody up."""
    last = (
        Message.objects.filter(conversation=conversation.pk)
        .exclude(kind=MessageKind.NOTE)
        .exclude(what=AUTOMATIC)
        .select_related("author")
        .only("kind", "at", "what", "author__display_name")
        .order_by("-at", "-id")
        .first()
    )
    if last is None:
        return HeldCard("L’équipe", "a fait un changement", timezone.now())
    if last.kind == MessageKind.RECEIVED:
        return HeldCard(correspondent(conversation)[0], DID[MessageKind.RECEIVED], last.at)
    mine = last.author_id == me.pk
    who = "Vous" if mine else first_name(last.author.display_name) if last.author else "Officinal"
    return HeldCard(who, _did(last, mine=mine), last.at)


def saved_elsewhere(draft: Draft) -> HeldCard:
    """The same person, in another tab or at another counter."""
    return HeldCard("Vous", "avez enregistré un autre texte", draft.updated_at)


def sent_already(error: SameMessageAgain) -> HeldCard:
    return HeldCard("Vous ou un collègue", "avez déjà envoyé ce même texte", error.at, meanwhile=False)


def _did(last: Message, *, mine: bool) -> str:
    if last.kind == MessageKind.EVENT:
        what = EVENTS.get(last.what, "rouvert la conversation")
        return f"{'avez' if mine else 'a'} {what}"
    kind = MessageKind(last.kind)
    return I_DID.get(kind, DID[kind]) if mine else DID[kind]
