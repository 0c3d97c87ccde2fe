"""Alarm clocks of the inbound way; the rows decide what is done."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from portal.inbound import answering, fetch, process
from portal.mailboxes.actions import claim_due
from tenants.celery import PharmacyTask


@shared_task(base=PharmacyTask, name="inbound.fetch_mailboxes", ignore_result=True)
def fetch_mailboxes(*, mailbox_id: str | None = None) -> None:
    """Fetch the mailboxes that are due, each in a task of its own (ECO.1.2.3), then file what came."""
    due = [mailbox_id] if mailbox_id else [str(each) for each in claim_due()]
    for other in due[1:]:
        fetch_mailboxes.delay(mailbox_id=other)
    for mine in due[:1]:
        fetch.fetch_mailbox(UUID(mine))
    process.process_stored()


@shared_task(base=PharmacyTask, name="inbound.process_stored", ignore_result=True)
def process_stored() -> None:
    """File what is stored and was not."""
    process.process_stored()


@shared_task(base=PharmacyTask, name="inbound.answer", ignore_result=True)
def answer() -> None:
    """Answer by itself what may be."""
    answering.answer_due()
