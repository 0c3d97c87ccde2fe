"""The alarm clock of the night."""

from __future__ import annotations

from celery import shared_task

from portal.records.night import spend_night
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="records.night", ignore_result=True)
def night() -> None:
    spend_night()
