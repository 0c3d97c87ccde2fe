"""Look again into files on which the antivirus, or the time given to their mail, left no verdict."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.conversations.models import Attachment, MessageKind, ScanState
from portal.inbound.examine import look_into
from portal.inbound.originals import original_of
from portal.inbound.store import WAKE
from tenants.wakeups import wake

AT_ONCE = 50
AGAIN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=1)


def scan_pending() -> None:
    """One try for the oldest ones; they are tried every ten minutes for a day, then stay closed."""
    pending = Attachment.objects.filter(scan=ScanState.PENDING, message__kind=MessageKind.RECEIVED)
    pending = pending.select_related("message").defer("message__tokens")
    files = list(pending.order_by("id")[:AT_ONCE])
    for file in files:
        _look_again(file)
    if files and pending.exists():
        wake(WAKE, timezone.now() + AGAIN_AFTER)


def _look_again(file: Attachment) -> None:
    kind, state = look_into(original_of(file.message), part=file.part, name=file.name)
    if state == ScanState.PENDING and timezone.now() - file.message.at > GIVEN_UP_AFTER:
        state = ScanState.UNSCANNED
    file.kind, file.scan = kind, state
    file.save(update_fields=["kind", "scan"])
