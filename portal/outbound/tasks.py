"""The bell that rings when something is due to leave; the rows say what (security 3.1)."""

from __future__ import annotations

from celery import shared_task

from portal.outbound.deliver import deliver_due as deliver_all_due
from portal.outbound.departures import leave_due as leave_all_due
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="outbound.deliver_due", ignore_result=True)
def deliver_due() -> None:
    deliver_all_due()


@shared_task(base=PharmacyTask, name="outbound.leave_due", ignore_result=True)
def leave_due() -> None:
    leave_all_due()
