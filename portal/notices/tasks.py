"""The bell that rings when a notice is due."""

from __future__ import annotations

from celery import shared_task

from portal.notices.deliver import notify_due
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="notices.notify", ignore_result=True)
def notify() -> None:
    notify_due()
