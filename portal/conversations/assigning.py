"""Whose work a conversation is: given to one, shared with several, given back; and what happens when one leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns, counters
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, ConversationState
from portal.conversations.moving import ASSIGNED, UNASSIGNED, write_move
from portal.mailboxes.actions import database_now
from portal.team.duty import WAKE_POOL, away_until, gone, just_away, next_departure
from portal.team.models import Absence
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User

CHUNK = 100  # conversations of one transaction (architecture 7, Audit)


class NotAssignable(Exception):
    """This person has left, is away, or may not see the mailbox of the conversation."""


def assign(conversation: Conversation, *, to: User | None, by: User, version: int) -> Conversation:
    """Make it this person's alone, or nobody's; if it is so already, nothing changes.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
        NotAssignable: see there.
    """
    return _give(conversation, [to.id] if to else [], to=to, by=by, version=version)


def assign_also(conversation: Conversation, *, to: User, by: User, version: int) -> Conversation:
    """Make it this person's too, beside those who have it. Raises as `assign`."""
    return _give(conversation, [*conversation.assignees, to.id], to=to, by=by, version=version)


def unassign(conversation: Conversation, *, who: UUID, by: User, version: int) -> Conversation:
    """Take it from one of those who have it. Raises StaleVersion."""
    others = [each for each in conversation.assignees if each != who]
    return _give(conversation, others, to=None, by=by, version=version)


def return_to_pool() -> None:
    """Give back to the team what somebody has who does not work here any more, or is away from now on.

    Whoever it is shared with keeps it. What is done keeps its names until it comes back (`moving.take_up`), and so
    does what waits, where somebody is only away. Then wait for the next one.
    """
    today = timezone.localdate()
    for person in gone(today):
        theirs = Conversation.objects.exclude(state=ConversationState.DONE).assigned_to(person)
        while some := list(theirs.values_list("pk", flat=True)[:CHUNK]):
            _give_back(some, person)
    for absence in just_away():
        theirs = Conversation.objects.open().assigned_to(absence.user_id)
        while some := list(theirs.values_list("pk", flat=True)[:CHUNK]):
            _give_back(some, absence.user_id, until=absence.ends)
        Absence.objects.filter(pk=absence.pk).update(returned_at=timezone.now())
    following = next_departure(today)
    if following is not None:
        wake(WAKE_POOL, max(following, database_now()))


def _give(
    conversation: Conversation, people: Sequence[UUID], *, to: User | None, by: User, version: int
) -> Conversation:
    wanted = list(dict.fromkeys(people))
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        if to is not None and not _may_have(to, changed, by):
            raise NotAssignable
        if changed.assignees == wanted:
            return changed
        before, had = counters.counted(changed), set(changed.assignees)
        lost, new = had - set(wanted), set(wanted) - had
        changed.assignees, changed.back = wanted, ""
        taken = next(iter(lost)) if to is None and wanted else None
        what, about = (UNASSIGNED, taken) if taken else (ASSIGNED, to.id if to else None)
        write_move(changed, before, what=what, by=by, about=about)
        concerns.tell(ConcernKind.ASSIGNED, new, on=changed, by=by)
        detail = f"from={taken}" if taken else f"to={about or 'none'} shared={max(len(wanted) - 1, 0)}"
        record(Event.CONVERSATION_ASSIGN, by=by, on=("conversation", changed.pk), detail=detail)
    return changed


def _may_have(person: User, conversation: Conversation, by: User) -> bool:
    """Who takes something herself is here, whatever she said before."""
    if not person.in_service(timezone.localdate()) or conversation.mailbox.owner_id not in (None, person.id):
        return False
    return person.pk == by.pk or away_until(person) is None


def _give_back(conversations: Sequence[UUID], person: UUID, *, until: datetime | None = None) -> None:
    with transaction.atomic():
        for each in sorted(conversations):
            changed = locked(each)
            if person not in changed.assignees:
                continue
            before = counters.counted(changed)
            changed.assignees = [other for other in changed.assignees if other != person]
            write_move(changed, before, what=UNASSIGNED, about=person, until=until)
            detail = f"away={person}" if until else f"gone={person}"
            record(Event.CONVERSATION_ASSIGN, by=None, on=("conversation", changed.pk), detail=detail)
