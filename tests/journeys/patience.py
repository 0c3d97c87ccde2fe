"""Wait for what other processes do; let the hours pass that they would wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connections
from django.db.models import F

from portal.mailboxes.models import Mailbox
from portal.outbound.models import Delivery
from tenants.fences import OWNER
from tenants.models import Wakeup

MOMENTS = {
    Delivery: ("next_at", "lease_until", "give_up_at", "queued_at", "handover_at"),
    Mailbox: ("next_fetch_at", "send_retry_at"),
}


def wait_for(look: Callable[[], bool], *, what: str, seconds: float = 60) -> None:
    """Look again and again until it is so. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def let_pass(**by: float) -> None:
    """Bring everything that is written for later nearer, in the pharmacy one is in; back, when negative."""
    passed = timedelta(**by)
    for model, columns in MOMENTS.items():
        model._default_manager.update(**{column: F(column) - passed for column in columns})
    bells = Wakeup.objects.using(OWNER)
    bells.update(due_at=F("due_at") - passed, wanted_at=F("wanted_at") - passed)


def ring(what: str) -> None:
    """Make what is asked for due at once (the clock's next tick finds it)."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("UPDATE tenants_wakeup SET due_at = clock_timestamp() WHERE what = %s", [what])
