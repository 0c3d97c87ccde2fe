"""The bell that rings when a notice is due."""

from __future__ import annotations

from celery import shared_task

from portal.notices.deliver import notify_due
from portal.notices.ladder import climb as climb_ladder
from portal.notices.leaving import warn_leaving as warn_all_leaving
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="notices.notify", ignore_result=True)
def notify() -> None:
    notify_due()


@shared_task(base=PharmacyTask, name="notices.warn_leaving", ignore_result=True)
def warn_leaving() -> None:
    warn_all_leaving()


@shared_task(base=PharmacyTask, name="notices.climb", ignore_result=True)
def climb() -> None:
    climb_ladder()
