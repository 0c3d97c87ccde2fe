"""Count what waits for a pharmacist, in its conversation and beside the views."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from portal.conversations import counters
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, ConversationState, Message, MessageKind
from portal.lib import live

if TYPE_CHECKING:
    from portal.team.models import User

SUBMITTED, TAKEN_BACK, SENT_BACK = "submitted", "taken-back", "sent-back"
MOVED = ("state", "assignee", "submitted", "version")


def count_new_message(mailbox_id: UUID, n: int) -> None:
    """`n` more (or fewer) messages wait that are in no conversation yet. Called as `count_answer` is."""
    counters.move(Tally(), counters.in_review(mailbox_id, n))
    live.tell(live.Kind.COUNTS, mailbox=mailbox_id)


def count_answer(
    conversation_id: UUID, n: int, *, what: str = "", by: User | None = None, version: int | None = None
) -> Conversation:
    """`n` more (or fewer) answers wait in a conversation, whose thread says `what` somebody did.

    Called in a transaction, before wake-ups and the journal.

    Raises:
        StaleVersion: it has moved since `version` was on screen; nothing was written.
    """
    changed = locked(conversation_id, version)
    before = counters.counted(changed)
    changed.submitted += n
    _write(changed, before, what=what, by=by, about=None)
    return changed


def count_sent_back(conversation_id: UUID, *, to: User, by: User) -> Conversation:
    """An answer goes back to its author, who finds the conversation again: open, and hers if it was nobody's."""
    changed = locked(conversation_id)
    before = counters.counted(changed)
    changed.submitted -= 1
    changed.state = ConversationState.OPEN
    if changed.assignee_id is None:
        changed.assignee = to
    _write(changed, before, what=SENT_BACK, by=by, about=to)
    return changed


def _write(
    conversation: Conversation, before: counters.Counts, *, what: str, by: User | None, about: User | None
) -> None:
    conversation.version += 1
    conversation.save(update_fields=MOVED)
    if what:
        Message.objects.create(
            conversation=conversation,
            kind=MessageKind.EVENT,
            at=timezone.now(),
            what=what,
            author=by,
            about=about,
        )
    counters.move(before, counters.counted(conversation))
