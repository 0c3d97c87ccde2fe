"""What the form does when its hour comes: sweep what was never sent, tell patients that something waits for them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, QuerySet

from portal.intake.models import Request, RequestState
from portal.intake.uploads import WAKE
from portal.mailboxes.actions import database_now
from portal.notices.actions import BadAddress, NotOurLink, can_tell, tell
from portal.notices.models import NoticeKind
from portal.outbound.models import Delivery, DeliveryState
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

AT_ONCE = 100
# An answer that the outbound worker has not shown yet is looked for again.
SOON = timedelta(seconds=2)


def run_due() -> None:
    """Safe to run twice; asks to be woken for what comes next."""
    sweep()
    tell_patients()
    ask_again()


def sweep() -> int:
    """Remove the requests that were begun and never sent; the files of their pages go with the nightly sweep."""
    now, removed = database_now(), 0
    while True:
        with transaction.atomic():
            held = Request.objects.forgotten(now).select_for_update(skip_locked=True).order_by("expires_at")
            gone = [request.pk for request in held.only("id")[:AT_ONCE]]
            Request.objects.filter(pk__in=gone).delete()
        removed += len(gone)
        if len(gone) < AT_ONCE:
            break
    if removed:
        logger.info("removed %d requests that were never sent", removed)
    return removed


def tell_patients() -> None:
    """By e-mail and without content, once for what is ready and once for the answers since the last time.

    Without a sender it waits, unmarked: the nightly round asks again.
    """
    if not can_tell():
        return
    _tell_each(Request.objects.to_be_told_ready(), NoticeKind.PATIENT_READY, "ready_told_at")
    _tell_each(Request.objects.to_be_told_of_answers(), NoticeKind.PATIENT_ANSWER, "answer_told_at")


def ask_again() -> None:
    """For the next request that nobody sent, for the answers that wait to be shown, for whom is still to be told.

    An answer may be shown while others are told, and one round tells so many: the next one comes at once. It has
    fewer to tell, as each is marked, told or refused for good.
    """
    moments = [Request.objects.filter(state=RequestState.OPEN).aggregate(at=Min("expires_at"))["at"]]
    waiting = Delivery.objects.filter(to_page=True, state__in=[DeliveryState.QUEUED, DeliveryState.CLAIMED])
    shown_at: datetime | None = waiting.aggregate(at=Min("next_at"))["at"]
    if shown_at is not None:
        moments.append(max(shown_at, database_now() + SOON))
    if can_tell() and _somebody_waits():
        moments.append(database_now())
    following = min((moment for moment in moments if moment), default=None)
    if following is not None:
        wake(WAKE, following)


def _somebody_waits() -> bool:
    return Request.objects.to_be_told_ready().exists() or Request.objects.to_be_told_of_answers().exists()


def _tell_each(due: QuerySet[Request], kind: NoticeKind, mark: str) -> None:
    """The mark is set in the transaction of the notice: nobody is told twice."""
    for request_id in due.values_list("id", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            request = due.select_for_update(of=("self",)).filter(pk=request_id).first()
            now = database_now()  # before it is told: what is shown later than this is told again
            if request is not None and _tell(request, kind):
                setattr(request, mark, now)
                request.save(update_fields=[mark])


def _tell(request: Request, kind: NoticeKind) -> bool:
    """Whether it was told, or never can be."""
    try:
        return tell(request.contact["email"], kind, link=request.page, about=request.pk)
    except (BadAddress, NotOurLink) as error:
        logger.warning("request %s: its patient cannot be told: %s", request.pk, type(error).__name__)
        return True
