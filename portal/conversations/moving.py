"""Write down a move of a conversation that is held: its row, its line in the thread, the counts beside the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from portal.conversations import counters
from portal.conversations.models import Conversation, ConversationState, Message, MessageKind
from portal.team.duty import working

if TYPE_CHECKING:
    from portal.team.models import User

# What the thread says happened.
ASSIGNED, UNASSIGNED = "assigned", "unassigned"
FINISHED, REOPENED, CALLED, UNDONE = "finished", "reopened", "called", "undone"
BLOCKED, UNBLOCKED = "blocked", "unblocked"
JOINED, PARTED, SPLIT, SPLIT_OFF = "joined", "parted", "split", "split-off"
ANSWERED, RETURNED, UNANSWERED = "answered", "returned", "unanswered"
AWAITS = {
    ConversationState.PATIENT: "awaits-patient",
    ConversationState.PRESCRIBER: "awaits-prescriber",
    ConversationState.LATER: "snoozed",
}
MOVED = (
    *("state", "version", "assignees", "unopened", "failed", "submitted", "scheduled", "blocked"),
    *("snoozed_until", "snoozed_by", "back", "closed_at"),
)


def write_move(
    conversation: Conversation,
    before: counters.Counts,
    *,
    what: str = "",
    by: User | None = None,
    about: UUID | None = None,
    until: datetime | None = None,
    why: str = "",
) -> None:
    """Save it with its version raised, and say in its thread `what` happened, to whom, until when and why."""
    conversation.version += 1
    conversation.save(update_fields=MOVED)
    if what:
        say(conversation, what, by=by, about=about, until=until, why=why)
    counters.move(before, counters.counted(conversation))


def say(
    conversation: Conversation,
    what: str,
    *,
    by: User | None = None,
    about: UUID | None = None,
    until: datetime | None = None,
    why: str = "",
    parts: Mapping[str, object] | None = None,
) -> None:
    """One line of what happened, between the messages of the thread; `parts` are the ids that it is about."""
    Message.objects.create(
        conversation=conversation,
        kind=MessageKind.EVENT,
        at=timezone.now(),
        what=what,
        author=by,
        about_id=about,
        headers=({"until": until.isoformat()} if until else {})
        | ({"why": why} if why else {})
        | {**(parts or {})},
    )


def take_up(conversation: Conversation) -> bool:
    """Put it into *À traiter*, whatever it waited for; False where it was there already.

    A conversation that comes back is nobody's who does not work here today, or is away.
    """
    if conversation.state == ConversationState.OPEN:
        return False
    conversation.state = ConversationState.OPEN
    conversation.snoozed_until, conversation.snoozed_by_id = None, None
    if conversation.assignees:
        here = working(conversation.assignees, today=timezone.localdate())
        conversation.assignees = [each for each in conversation.assignees if each in here]
    return True


def give_if_nobodys(conversation: Conversation, person_id: UUID) -> None:
    """Where nobody has it, it is this person's: if she works here today and is not away."""
    if not conversation.assignees:
        conversation.assignees = list(working([person_id], today=timezone.localdate()))
