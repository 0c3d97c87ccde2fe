"""The bytes of an attachment, received or sent, if they are those that were examined."""

from __future__ import annotations

import hashlib
import logging

from portal.conversations.models import Attachment, ConversationKind, Message, MessageKind
from portal.inbound.originals import NoOriginal, attachment_bytes, original_of
from portal.intake.originals import NoUpload, upload_bytes
from portal.mail.parsed import NoSuchPart, Unreadable
from portal.mail.reading import extract_confined
from portal.outbound.models import Delivery
from portal.vault.files import BlobMissing
from portal.vault.index import fingerprint
from portal.vault.keys import Unopenable

logger = logging.getLogger(__name__)


class Lost(Exception):
    """The bytes are not there any more, or not those that were examined: nothing may be served."""


def bytes_of(attachment: Attachment) -> bytes:
    """Raises Lost, and ChildUnavailable: then later perhaps."""
    try:
        data = _found(attachment)
    except (NoOriginal, NoUpload, NoSuchPart, Unreadable, Unopenable, BlobMissing) as error:
        logger.warning("attachment %s: %s", attachment.pk, type(error).__name__)
        raise Lost from error
    if fingerprint("attachment", hashlib.sha256(data).hexdigest()) != attachment.digest:
        logger.error("attachment %s: its bytes are not those that were examined", attachment.pk)
        raise Lost
    return data


def mail_of(message: Message) -> bytes:
    """A message as the operator gave it, or as it left. Raises NoOriginal, Unopenable, BlobMissing."""
    return _as_it_left(message) if message.kind == MessageKind.SENT else original_of(message)


def _found(attachment: Attachment) -> bytes:
    message = attachment.message
    if message.kind == MessageKind.SENT:
        return _sent(attachment)
    if message.conversation.kind == ConversationKind.FORM:
        return upload_bytes(attachment)
    return attachment_bytes(attachment)


def _sent(attachment: Attachment) -> bytes:
    return extract_confined(_as_it_left(attachment.message), attachment.part)


def _as_it_left(message: Message) -> bytes:
    """What was sent is kept as it left; a second delivery of it holds the same bytes."""
    delivery = Delivery.objects.filter(message=message).order_by("queued_at").first()
    if delivery is None:
        raise NoOriginal
    return delivery.read_blob()
