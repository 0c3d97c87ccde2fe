"""The clock's one tick: wake the pharmacies that are due."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from django.conf import settings

from tenants.celery import HEADER, WAKEUP
from tenants.wakeups import CLAIM_SECONDS, Due, claim_due

logger = logging.getLogger(__name__)


@shared_task(name="tenants.tick", ignore_result=True)
def tick() -> None:
    """Publish one task for each due wake-up (it belongs to no pharmacy, so it is not a PharmacyTask)."""
    for due in claim_due():
        if due.what in settings.WAKEUPS:
            publish(due)
        else:  # asked for by newer code than this clock's: it comes back, and holds up no other
            logger.error("nothing answers the wake-up %s", due.what)


def publish(due: Due) -> None:
    task = current_app.tasks[settings.WAKEUPS[due.what]]
    claim = f"{due.what} {due.claimed.isoformat()}"
    headers = {HEADER: str(due.pharmacy_id), WAKEUP: claim}
    # One that waited as long as the claim is of no use: the next claim publishes another, so that none pile up.
    task.apply_async(headers=headers, expires=CLAIM_SECONDS)
