"""The alarm clocks of the inbox."""

from __future__ import annotations

from celery import shared_task

from portal.conversations import assigning, waiting
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="conversations.bring_back", ignore_result=True)
def bring_back() -> None:
    """Bring back what was put aside until now."""
    waiting.bring_back_due()


@shared_task(base=PharmacyTask, name="conversations.return_to_pool", ignore_result=True)
def return_to_pool() -> None:
    """Give back to the team the work of those who left."""
    assigning.return_to_pool()
