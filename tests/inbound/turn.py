"""A worker's turn at the mailboxes of a pharmacy, for processes of their own (tests/chaos.py)."""

from __future__ import annotations

from portal.inbound.fetch import fetch_mailbox
from portal.inbound.process import process_stored
from portal.mailboxes.models import Mailbox


def turn() -> None:
    for mailbox_id in Mailbox.objects.values_list("pk", flat=True):
        fetch_mailbox(mailbox_id)
    process_stored()
