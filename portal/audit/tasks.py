"""Write the end of a pharmacy's journal outside the database, a quarter of an hour after it moved."""

from __future__ import annotations

from celery import shared_task

from portal.audit.actions import anchor_head
from tenants.celery import PharmacyTask


@shared_task(name="audit.anchor", base=PharmacyTask, ignore_result=True)
def anchor() -> None:
    anchor_head()
