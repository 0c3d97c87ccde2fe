"""The alarm clocks of the night, and of what is read to be searched."""

from __future__ import annotations

from celery import shared_task

from portal.records.indexing import index_due
from portal.records.night import spend_night
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="records.night", ignore_result=True)
def night() -> None:
    spend_night()


@shared_task(base=PharmacyTask, name="records.index", ignore_result=True)
def index() -> None:
    index_due()
