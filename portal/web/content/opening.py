"""Which files people may open, and the journal's line when they do."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Attachment, Message, ScanState
from portal.documents.antivirus import Verdict, may_open, scan
from portal.team.models import User

# Turning the pages of a document is one reading of it.
ONE_READING = timedelta(minutes=5)


def is_open(attachment: Attachment) -> bool:
    """Whether the antivirus, or the setting that there is none, lets people see this file."""
    return attachment.scan != ScanState.PENDING and may_open(Verdict(attachment.scan))


def is_original_open(raw: bytes, message: Message | None = None) -> bool:
    """Whether a whole mail may be kept: examined here as it is, and none of the files in it is shut."""
    files = list(message.attachments.all()) if message else []
    return all(is_open(file) for file in files) and may_open(scan(raw))


def note_opened(attachment: Attachment, *, by: User, now: datetime) -> None:
    """Put the reading of a file in the journal, once for all its pages."""
    since = int((now - ONE_READING).timestamp() * 1_000_000)
    known = Entry.objects.filter(
        object_id=attachment.pk, event=Event.ATTACHMENT_OPEN, actor=by.pk, at_us__gte=since
    )
    if not known.exists():
        note(Event.ATTACHMENT_OPEN, ("attachment", attachment.pk), by=by)


def note(event: Event, on: tuple[str, UUID], *, by: User) -> None:
    """Put in the journal that somebody was given something."""
    with transaction.atomic():
        record(event, by=by, on=on)
