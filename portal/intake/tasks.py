"""The alarm clock of the form."""

from __future__ import annotations

from celery import shared_task

from portal.intake import due
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="intake.run_due", ignore_result=True)
def run_due() -> None:
    """Remove what was never sent, and tell patients what they wait for."""
    due.run_due()
