"""Look again into files on which the antivirus, or the time given to their mail, left no verdict."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.conversations.models import Attachment, MessageKind, ScanState, WordsState
from portal.documents.rendering import WORDED
from portal.documents.sniff import Kind
from portal.inbound.examine import Looked, look_into
from portal.inbound.models import RawMessage
from portal.inbound.store import WAKE
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable
from tenants.wakeups import wake

AT_ONCE = 50
AGAIN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=1)


def scan_pending() -> None:
    """One try for the oldest ones; they are tried every ten minutes for a day, then stay closed."""
    pending = Attachment.objects.filter(scan=ScanState.PENDING, message__kind=MessageKind.RECEIVED)
    files = list(pending.order_by("id")[:AT_ONCE])
    for file in files:
        _look_again(file)
    if files and pending.exists():
        wake(WAKE, timezone.now() + AGAIN_AFTER)


def _look_again(file: Attachment) -> None:
    raw = RawMessage.objects.get(message=file.message_id)
    try:
        seen = look_into(raw.read_blob(), part=file.part, name=file.name)
    except (Unopenable, BlobMissing):
        seen = Looked(Kind.OTHER, ScanState.UNSCANNED)
    given_up = seen.scan == ScanState.PENDING and timezone.now() - raw.stored_at > GIVEN_UP_AFTER
    file.kind, file.reading = seen.kind, seen.reading
    file.scan = ScanState.UNSCANNED if given_up else seen.scan
    file.words = WordsState.WAITING if seen.kind in WORDED else WordsState.NONE
    file.save(update_fields=["kind", "scan", "reading", "words"])
