"""Put a conversation aside until somebody answers or its hour comes, and bring it back into *À traiter*."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns, counters
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.models import WAITING, Back, Conversation, ConversationState
from portal.conversations.moving import AWAITS, RETURNED, UNANSWERED, give_if_nobodys, take_up, write_move
from portal.mailboxes.actions import database_now
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User

WAKE = "snooze"
AT_ONCE = 100  # in one go, each in a transaction of its own


class NotLater(Exception):
    """The hour at which it should come back is not ahead of us."""


def wait(
    conversation: Conversation,
    *,
    on: ConversationState,
    until: datetime | None = None,
    by: User,
    version: int,
) -> Conversation:
    """Take it out of *À traiter* until a message comes in, at `until` at the latest.

    `on` is one of WAITING. What did not leave keeps its mark and its place among the failures. To wait for the
    same, until the same hour, again changes nothing.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
        NotLater: see there.
    """
    if on not in WAITING:
        raise ValueError(on)
    with transaction.atomic():
        changed = locked(conversation.pk, version)
        if (changed.state, changed.snoozed_until) == (on, until):
            return changed
        if until is not None and until <= database_now():
            raise NotLater
        before = counters.counted(changed)
        changed.state, changed.back = on, ""
        changed.snoozed_until, changed.snoozed_by_id = until, by.pk if until else None
        write_move(changed, before, what=AWAITS[on], by=by, until=until)
        if until is not None:
            wake(WAKE, until)
        detail = f"on={on} day={until:%Y%m%d} time={until:%H%M}" if until else f"on={on}"
        record(Event.CONVERSATION_SNOOZE, by=by, on=("conversation", changed.pk), detail=detail)
    return changed


def bring_back_due() -> None:
    """Bring back whatever's hour has come, then ask to be woken for the next one."""
    now = database_now()
    due = Conversation.objects.filter(snoozed_until__lte=now).order_by("snoozed_until")
    for each in due.values_list("pk", flat=True)[:AT_ONCE]:
        _bring_back(each, now)
    following = next_due()
    if following is not None:
        wake(WAKE, following)


def next_due() -> datetime | None:
    """When the next one comes back by itself."""
    asleep = Conversation.objects.filter(snoozed_until__isnull=False).order_by("snoozed_until")
    first = asleep.only("snoozed_until").first()
    return first.snoozed_until if first else None


def _bring_back(conversation_id: UUID, now: datetime) -> None:
    """An answer, or a colleague, may have been quicker: then there is nothing to do."""
    with transaction.atomic():
        changed = locked(conversation_id)
        if changed.snoozed_until is None or changed.snoozed_until > now:
            return
        before, asked_by = counters.counted(changed), changed.snoozed_by_id
        own_choice = changed.state == ConversationState.LATER
        take_up(changed)
        changed.back = Back.TIME if own_choice else Back.SILENCE
        if asked_by and not own_choice:  # « me relancer »
            give_if_nobodys(changed, asked_by)
        write_move(changed, before, what=RETURNED if own_choice else UNANSWERED, about=asked_by)
        if not changed.blocked:
            concerns.tell(ConcernKind.RETURNED, [asked_by], on=changed, by=None)
        record(Event.CONVERSATION_RETURN, by=None, on=("conversation", changed.pk))
