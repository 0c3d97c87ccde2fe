"""Send what is due: take it for the length of a lease, send with no transaction open, write down what came of it.

A notice that left just as its worker died leaves again when the lease ends. Twice is harmless, as it holds no
content and keeps its Message-ID; lost is not. So there is no fence before the final dot as for deliveries. An alert
is not sent any more once nothing waits.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from portal.audit.actions import record
from portal.audit.events import Event
from portal.mail.faults import PermanentFault, TransportFault
from portal.mailboxes.actions import database_now
from portal.notices.models import ALERTS, Notice, NoticeKind, NoticeState, Rung, Way
from portal.notices.sender import gateway
from portal.notices.waits import still_waits
from portal.notices.words import words_of
from portal.outbound.retry import GIVE_UP_AFTER, next_attempt_at
from tenants.context import current_pharmacy
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

WAKE = "notify"
LEASE = timedelta(minutes=10)
# An alert that is later than this is no news any more: the next rung has it.
ALERT_LIFE = timedelta(minutes=30)
EVENTS = {
    NoticeState.SENT: Event.NOTICE_SENT,
    NoticeState.FAILED: Event.NOTICE_FAILED,
    NoticeState.DROPPED: Event.NOTICE_DROPPED,
}


def notify_due() -> None:
    """Send every notice that is due, then ask to be woken for the next one."""
    while (notice := _claim()) is not None:
        if notice.kind in ALERTS and not still_waits(notice):
            _settle(notice, None, outcome=NoticeState.DROPPED)
        else:
            _settle(notice, _attempt(notice))
    following = next_due()
    if following is not None:
        wake(WAKE, following)


def next_due() -> datetime | None:
    """When the next notice wants something: an attempt, or the end of a dead worker's lease."""
    found: datetime | None = Notice.objects.filter(state=NoticeState.QUEUED).aggregate(at=Min("due_at"))["at"]
    return found


def _claim() -> Notice | None:
    with transaction.atomic():
        notice = Notice.objects.due().select_for_update(skip_locked=True).first()
        if notice is None:
            return None
        notice.due_at = database_now() + LEASE
        notice.attempts += 1
        notice.save(update_fields=["due_at", "attempts"])
        wake(WAKE, notice.due_at)
    return notice


def _attempt(notice: Notice) -> TransportFault | None:
    """What stood in the way; None: it has left."""
    words = words_of(
        NoticeKind(notice.kind),
        link=notice.link or "",
        pharmacy=current_pharmacy().name,
        n=notice.n,
        rung=Rung(notice.rung) if notice.rung else None,
    )
    try:
        gateway(Way(notice.way)).send(
            words, to=notice.address or "", message_id=str(notice.pk), at=notice.created_at
        )
    except TransportFault as fault:
        logger.warning("notice %s has not left: %s", notice.pk, fault.code)
        return fault
    return None


def _settle(notice: Notice, fault: TransportFault | None, *, outcome: NoticeState = NoticeState.SENT) -> None:
    """Whoever settled it meanwhile, after a lease that ran out, is not overruled."""
    now = database_now()
    with transaction.atomic():
        mine = Notice.objects.select_for_update().filter(
            pk=notice.pk, state=NoticeState.QUEUED, attempts=notice.attempts
        )
        if not mine.exists():
            return
        if fault is None:
            _close(notice, outcome, now)
        elif (again := _next_attempt(notice, fault, now)) is None:
            _close(notice, NoticeState.FAILED, now, code=fault.code)
        else:
            notice.due_at, notice.last_code = again, fault.code
            notice.save(update_fields=["due_at", "last_code"])
            wake(WAKE, again)


def _next_attempt(notice: Notice, fault: TransportFault, now: datetime) -> datetime | None:
    if isinstance(fault, PermanentFault):
        return None
    patience = ALERT_LIFE if notice.kind in ALERTS else GIVE_UP_AFTER
    return next_attempt_at(notice.attempts, now=now, give_up_at=notice.created_at + patience)


def _close(notice: Notice, state: NoticeState, now: datetime, *, code: str = "") -> None:
    """Nothing more is to come: whom it was for and where its link led are forgotten."""
    notice.state, notice.done_at, notice.last_code = state, now, code
    notice.address = notice.link = None
    notice.save(update_fields=["state", "done_at", "last_code", "address", "link"])
    detail = f"kind={notice.kind} about={notice.about}" + (f" code={code}" if code else "")
    if notice.way != Way.EMAIL:
        detail += f" way={notice.way}"
    record(EVENTS[state], by=None, on=("notice", notice.pk), detail=detail)
