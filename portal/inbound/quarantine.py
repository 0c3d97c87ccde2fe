"""What could not be filed: kept, counted, shown with its reason, read again or set aside by a person."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.access import NotVisible
from portal.conversations.counters import move_quarantine
from portal.conversations.unopened import is_old
from portal.inbound.models import NOT_FETCHED, TOO_BIG, RawMessage, RawState
from portal.inbound.store import WAKE
from portal.mailboxes.actions import fetch_soon
from portal.team.models import User
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

PAGE = 50
BYTES = ("inline",)
NOT_FILED = "not-filed"  # an error of ours
CRASHED = "crashed"  # reading it ended the worker, more than once
NO_BYTES = "no-bytes"  # they are no longer in our store, or were altered there


class NothingToReplay(Exception):
    """Its bytes were never taken: it is too big."""


def quarantine(raw: RawMessage, reason: str) -> bool:
    """Set aside a message that cannot be filed; False if it was dealt with meanwhile."""
    with transaction.atomic():
        stored = RawMessage.objects.filter(pk=raw.pk, state=RawState.STORED)
        if not stored.update(state=RawState.QUARANTINED, reason=reason):
            return False
        move_quarantine(raw.mailbox_id, +1, brought_along=_was_brought_along(raw))
        record(Event.MESSAGE_QUARANTINE, by=None, on=("raw", raw.pk), detail=f"reason={reason}")
    logger.warning("raw message %s quarantined: %s", raw.pk, reason)
    return True


def _was_brought_along(raw: RawMessage) -> bool:
    return raw.uid is None or (raw.internal_date is not None and is_old(raw.internal_date))


def get_quarantined(user: User, raw_id: UUID) -> RawMessage:
    """One message in quarantine, or set aside: the door. Raises NotVisible."""
    kept = RawMessage.objects.visible_to(user.id).filter(
        pk=raw_id, state__in=(RawState.QUARANTINED, RawState.DISMISSED)
    )
    raw = kept.defer(*BYTES).first()
    if raw is None:
        raise NotVisible
    return raw


def page(user: User, *, after: tuple[datetime, UUID] | None = None, size: int = PAGE) -> list[RawMessage]:
    """What is in quarantine, newest first, beginning after a (stored_at, id)."""
    found = RawMessage.objects.visible_to(user.id).filter(state=RawState.QUARANTINED).defer(*BYTES)
    if after is not None:
        found = found.filter(Q(stored_at__lt=after[0]) | Q(id__lt=after[1]), stored_at__lte=after[0])
    return list(found.order_by("-stored_at", "-id")[:size])


def replay(raw: RawMessage, *, by: User) -> None:
    """Read it again from its bytes; if those never came, ask the operator for them again.

    Raises:
        NothingToReplay: see there.
    """
    if raw.reason == TOO_BIG:
        raise NothingToReplay
    with transaction.atomic():
        if raw.reason.startswith(NOT_FETCHED):
            fetch_soon(raw.mailbox_id, everything=True)
        elif not _move(raw, RawState.STORED):
            return
        wake(WAKE, timezone.now())
        record(Event.MESSAGE_REPLAY, by=by, on=("raw", raw.pk))


def dismiss(raw: RawMessage, *, by: User) -> None:
    """A person has seen it and needs it no more in the list; its bytes stay."""
    with transaction.atomic():
        if _move(raw, RawState.DISMISSED):
            record(Event.QUARANTINE_DISMISS, by=by, on=("raw", raw.pk))


def _move(raw: RawMessage, state: RawState) -> bool:
    """Out of quarantine; the reason stays with what is set aside."""
    reason = raw.reason if state == RawState.DISMISSED else ""
    here = RawMessage.objects.filter(pk=raw.pk, state=RawState.QUARANTINED)
    if not here.update(state=state, reason=reason, attempts=0):
        return False
    raw.state, raw.reason = state, reason
    move_quarantine(raw.mailbox_id, -1)
    return True
