"""What the team does with a conversation. Lock order: conversation, counters, wake-up, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns, counters
from portal.conversations.assigning import NotAssignable, assign, assign_also, unassign
from portal.conversations.filing import NewFile, file_from_form, file_message, file_sent
from portal.conversations.locking import StaleVersion, locked, tell_changed
from portal.conversations.models import Conversation, ConversationState
from portal.conversations.moving import CALLED, FINISHED, REOPENED, say, take_up, write_move
from portal.conversations.reading import note_read
from portal.conversations.scheduled import look_again
from portal.conversations.waiting import NotLater, wait

if TYPE_CHECKING:
    from portal.team.models import User

__all__ = [
    "FINISHED",
    "NewFile",
    "NotAssignable",
    "NotLater",
    "StaleVersion",
    "assign",
    "assign_also",
    "clear_failed",
    "file_from_form",
    "file_message",
    "file_sent",
    "finish",
    "mark_failed",
    "mark_opened",
    "note_call",
    "reopen",
    "unassign",
    "wait",
]


def finish(conversation: Conversation, *, by: User, version: int) -> Conversation:
    """Put it among the done ones: nothing is sent, and what failed or was not opened counts as dealt with.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
    """
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        if changed.state == ConversationState.DONE:
            return changed
        before = counters.counted(changed)
        changed.state, changed.unopened, changed.failed = ConversationState.DONE, False, False
        changed.snoozed_until, changed.snoozed_by_id, changed.back = None, None, ""
        write_move(changed, before, what=FINISHED, by=by)
        look_again(changed)
        record(Event.CONVERSATION_FINISH, by=by, on=("conversation", changed.pk))
    return changed


def reopen(conversation: Conversation, *, by: User, version: int) -> Conversation:
    """Take it back into *À traiter*: it was done, or waited.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
    """
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        before = counters.counted(changed)
        if not take_up(changed):
            return changed
        write_move(changed, before, what=REOPENED, by=by)
        record(Event.CONVERSATION_REOPEN, by=by, on=("conversation", changed.pk))
    return changed


def note_call(conversation: Conversation, *, by: User) -> None:
    """Somebody called the patient of a request of the form. It moves no version, for it changes nothing."""
    with transaction.atomic():
        say(conversation, CALLED, by=by)
        tell_changed(conversation)
        record(Event.REQUEST_CALL, by=by, on=("conversation", conversation.pk))


def mark_opened(conversation: Conversation, *, by: User) -> None:
    """Someone chose to read it: always in the journal, and no longer new if nothing came in since it was read.

    Reading moves no version: it must not hold up a colleague's reply.
    """
    with transaction.atomic():
        here = Conversation.objects.filter(pk=conversation.pk, version=conversation.version, unopened=True)
        if conversation.unopened and here.update(unopened=False):
            before = counters.counted(conversation)
            conversation.unopened = False
            counters.move(before, counters.counted(conversation))
            tell_changed(conversation)
        note_read(conversation, by=by)
        if conversation.__dict__.get("concerned"):  # as access.py gives it
            concerns.see(conversation.pk, by=by)
        record(Event.CONVERSATION_OPEN, by=by, on=("conversation", conversation.pk))


def mark_failed(conversation: Conversation) -> Conversation:
    """A message did not leave, or may not have: it needs someone, so it is in *À traiter* wherever it was.

    Called in the transaction of the delivery, before wake-ups and the journal, where that says why.
    """
    with transaction.atomic(savepoint=False):
        changed = locked(conversation.pk)
        before = counters.counted(changed)
        taken_up = take_up(changed)
        changed.failed = True
        changed.closed_at = None  # it may be the closing message that did not arrive
        write_move(changed, before, what=REOPENED if taken_up else "")
    return changed


def clear_failed(conversation: Conversation) -> Conversation:
    """Somebody dealt with what had failed, or it turned out to have left. Called as `mark_failed` is."""
    with transaction.atomic(savepoint=False):
        changed = locked(conversation.pk)
        if changed.failed:
            before = counters.counted(changed)
            changed.failed = False
            write_move(changed, before)
    return changed
