"""The bell that rings when a connection is to be tried; the rows say which."""

from __future__ import annotations

from celery import shared_task

from portal.mailboxes import probing
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="mailboxes.probe", ignore_result=True)
def probe() -> None:
    probing.run_due()
