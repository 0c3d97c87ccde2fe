"""Bring in a message from a file, by the same way as one that was fetched."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.inbound.models import RawMessage
from portal.inbound.store import WAKE
from portal.mailboxes.models import Mailbox
from portal.vault.blobs import blob_digest
from tenants.wakeups import wake

FOLDER = "import"


class TooLarge(Exception):
    """More bytes than a message may have here (MAX_FETCH_BYTES)."""


def keep(mailbox: Mailbox, content: bytes) -> RawMessage | None:
    """Commit the bytes as a message to be processed; None if the mailbox has these very bytes already.

    Raises:
        TooLarge: see there.
    """
    if len(content) > settings.MAX_FETCH_BYTES:
        raise TooLarge
    if RawMessage.objects.filter(mailbox=mailbox, digest=blob_digest(content)).exists():
        return None
    raw = RawMessage(mailbox=mailbox, folder=FOLDER, uidvalidity=0, stored_at=timezone.now())
    raw.put_blob(content)
    with transaction.atomic():
        raw.save(force_insert=True)
        wake(WAKE, raw.stored_at)
    return raw
