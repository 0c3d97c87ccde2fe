"""A conversation that waits, as its foot shows it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.conversations.models import WAITING, Conversation, ConversationState
from portal.web.templatetags.officinal import coming

FOR = {
    ConversationState.PATIENT: "En attente du patient.",
    ConversationState.PRESCRIBER: "En attente du prescripteur.",
    ConversationState.LATER: "Remise à plus tard.",
}


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """`what` it waits for, and `back`: when it comes back, in a sentence.

    `on` is whose answer, where that may be reminded of; `reminded`: a reminder is set.
    """

    what: str
    back: str
    on: str = ""
    reminded: bool = False


def waiting_card(conversation: Conversation) -> WaitingCard | None:
    if conversation.state not in WAITING:
        return None
    state, until = ConversationState(conversation.state), conversation.snoozed_until
    on = "" if state == ConversationState.LATER else state.value
    back = "Elle reviendra à traiter avec la prochaine réponse."
    if until is not None:
        back = f"Elle reviendra à traiter {coming(until)}, ou dès qu’on vous répond."
    return WaitingCard(FOR[state], back, on, until is not None)
