"""Count what waits for a pharmacist, in its conversation and beside the views."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING
from uuid import UUID

from portal.conversations import concerns, counters
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.models import Conversation
from portal.conversations.moving import give_if_nobodys, take_up, write_move
from portal.lib import live

if TYPE_CHECKING:
    from portal.team.models import User

SUBMITTED, TAKEN_BACK, SENT_BACK = "submitted", "taken-back", "sent-back"


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
    write_move(changed, before, what=what, by=by)
    return changed


def count_sent_back(conversation_id: UUID, *, to: User, by: User) -> Conversation:
    """An answer goes back to its author, who finds the conversation again: open, and hers if it was nobody's."""
    changed = locked(conversation_id)
    before = counters.counted(changed)
    changed.submitted -= 1
    take_up(changed)
    give_if_nobodys(changed, to.pk)
    write_move(changed, before, what=SENT_BACK, by=by, about=to.pk)
    concerns.tell(ConcernKind.SENT_BACK, [to.pk], on=changed, by=by)
    return changed
