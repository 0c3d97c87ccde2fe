"""What the team does with a conversation. Lock order: conversation, counters, wake-up, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import counters
from portal.conversations.filing import NewFile, file_from_form, file_message, file_sent
from portal.conversations.locking import StaleVersion, locked, tell_changed
from portal.conversations.models import Conversation, ConversationState, Message, MessageKind
from portal.conversations.reading import note_read

if TYPE_CHECKING:
    from portal.team.models import User

__all__ = [
    "NewFile",
    "NotAssignable",
    "StaleVersion",
    "assign",
    "clear_failed",
    "file_from_form",
    "file_message",
    "file_sent",
    "finish",
    "mark_failed",
    "mark_opened",
    "note_call",
    "reopen",
]

ASSIGNED, FINISHED, REOPENED, CALLED = "assigned", "finished", "reopened", "called"


class NotAssignable(Exception):
    """This person has left, or may not see the mailbox of the conversation."""


def assign(conversation: Conversation, *, to: User | None, by: User, version: int) -> Conversation:
    """Give a conversation to someone, or to no one; to the same person again changes nothing.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
        NotAssignable: see there.
    """
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        if to is not None and not (to.active and changed.mailbox.owner_id in (None, to.id)):
            raise NotAssignable
        if changed.assignee_id == (to.id if to else None):
            return changed
        before = counters.counted(changed)
        changed.assignee = to
        _write(changed, before, what=ASSIGNED, by=by, about=to)
        detail = f"to={to.id}" if to else "to=none"
        record(Event.CONVERSATION_ASSIGN, by=by, on=("conversation", changed.pk), detail=detail)
    return changed


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
        _write(changed, before, what=FINISHED, by=by)
        record(Event.CONVERSATION_FINISH, by=by, on=("conversation", changed.pk))
    return changed


def reopen(conversation: Conversation, *, by: User, version: int) -> Conversation:
    """Take it back from the done ones.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
    """
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        if changed.state == ConversationState.OPEN:
            return changed
        before = counters.counted(changed)
        changed.state = ConversationState.OPEN
        _write(changed, before, what=REOPENED, by=by)
        record(Event.CONVERSATION_REOPEN, by=by, on=("conversation", changed.pk))
    return changed


def note_call(conversation: Conversation, *, by: User) -> None:
    """Somebody called the patient of a request of the form. It moves no version, for it changes nothing."""
    with transaction.atomic():
        Message.objects.create(
            conversation=conversation, kind=MessageKind.EVENT, at=timezone.now(), what=CALLED, author=by
        )
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
        record(Event.CONVERSATION_OPEN, by=by, on=("conversation", conversation.pk))


def mark_failed(conversation: Conversation) -> Conversation:
    """A message did not leave, or may not have: it needs someone, and is reopened if it was done.

    Called in the transaction of the delivery, before wake-ups and the journal, where that says why.
    """
    with transaction.atomic(savepoint=False):
        changed = locked(conversation.pk)
        before = counters.counted(changed)
        was_done = changed.state == ConversationState.DONE
        changed.state, changed.failed = ConversationState.OPEN, True
        changed.closed_at = None  # it may be the closing message that did not arrive
        _write(changed, before, what=REOPENED if was_done else "")
    return changed


def clear_failed(conversation: Conversation) -> Conversation:
    """Somebody dealt with what had failed, or it turned out to have left. Called as `mark_failed` is."""
    with transaction.atomic(savepoint=False):
        changed = locked(conversation.pk)
        if changed.failed:
            before = counters.counted(changed)
            changed.failed = False
            _write(changed, before)
    return changed


def _write(
    conversation: Conversation,
    before: counters.Counts,
    *,
    what: str = "",
    by: User | None = None,
    about: User | None = None,
) -> None:
    """Save the move, raise the version, add its line to the conversation, move the counts."""
    conversation.version += 1
    conversation.save(update_fields=["state", "assignee", "unopened", "failed", "closed_at", "version"])
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
