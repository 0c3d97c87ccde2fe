"""Since when the mailboxes that the team shares are not read: what is told of the messages is then incomplete."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from portal.lib.ids import made_at
from portal.mailboxes.models import Mailbox, MailboxState

PATIENCE = timedelta(minutes=5)


def unread_since(now: datetime) -> datetime | None:
    """When the one that was not read for longest was last read, or made; None when all are.

    One that is paused is not read; a fault of a moment is passed over.
    """
    longest = timedelta(seconds=settings.FETCH_SECONDS_MAX) + PATIENCE
    shared = Mailbox.objects.filter(owner=None)
    since = [
        last or made_at(pk)
        for pk, last, fault, state in shared.values_list("pk", "last_ok_at", "fetch_fault", "state")
        if state == MailboxState.PAUSED or now - (last or made_at(pk)) > (PATIENCE if fault else longest)
    ]
    return min(since, default=None)
