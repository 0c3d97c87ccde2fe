"""What the form has to do when its hour comes: sweep what was begun and never sent."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Min

from portal.intake.models import Request, RequestState
from portal.intake.uploads import WAKE
from portal.mailboxes.actions import database_now
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

AT_ONCE = 100


def run_due() -> None:
    """Safe to run twice; asks to be woken for what comes next."""
    sweep()
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


def ask_again() -> None:
    following = Request.objects.filter(state=RequestState.OPEN).aggregate(at=Min("expires_at"))["at"]
    if following is not None:
        wake(WAKE, following)
