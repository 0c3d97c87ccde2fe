"""File mails and answers directly, as the inbound and the outbound way do, each in its own transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.conversations.actions import NewFile, file_message, file_sent
from portal.conversations.models import Conversation, Message
from portal.lib.ids import uuid7
from portal.mail.addresses import Address
from portal.mail.parse import parse
from portal.mailboxes.models import Mailbox
from portal.patients.identity import identify
from portal.team.models import User
from tests.inbound.letters import letter

FILE = NewFile(part="2", name="Ordonnance Durand.pdf", kind="pdf", size=9, digest="0" * 64)


def received(
    mailbox: Mailbox,
    *letters: Any,
    at: datetime | None = None,
    files: tuple[NewFile, ...] = (),
    **options: Any,
) -> Message:
    """A mail as `letter` writes it, received at `at` (now)."""
    mail = parse(letter(*letters, **options))
    assert mail.sender
    with transaction.atomic():
        return file_message(
            mail,
            pk=uuid7(),
            mailbox=mailbox,
            correspondent=identify(mail.sender),
            at=at or timezone.now(),
            files=files,
        )


def sent(
    conversation: Conversation | None,
    mailbox: Mailbox,
    by: User,
    *to: str,
    message_id: str = "reponse@soleil",
    text: str = "C’est prêt.",
    subject: str = "Re: Mon ordonnance",
    version: int | None = None,
    at: datetime | None = None,
) -> Message:
    """What `by` sends to these addresses."""
    with transaction.atomic():
        return file_sent(
            conversation,
            mailbox=mailbox,
            by=by,
            at=at or timezone.now(),
            headers={"subject": subject, "message_id": message_id},
            text=text,
            message_id=message_id,
            attachments=[],
            people=[Address("", address) for address in to],
            version=version,
        )


def days(n: float) -> timedelta:
    return timedelta(days=n)
