"""Hand out the bytes of a received message, or of a file in it; both are served out of the one copy."""

from __future__ import annotations

from portal.conversations.models import Attachment, Message
from portal.inbound.models import RawMessage
from portal.mail.reading import extract_confined


class NoOriginal(LookupError):
    """The message was not received: what was sent is kept with its delivery."""


def original_of(message: Message) -> bytes:
    """The message as the operator gave it.

    Raises:
        NoOriginal: see there.
        Unopenable, BlobMissing: the store lost or altered it.
    """
    raw = RawMessage.objects.filter(message=message).first()
    if raw is None:
        raise NoOriginal
    return raw.read_blob()


def attachment_bytes(attachment: Attachment) -> bytes:
    """The decoded bytes of a file of a received message, read in the confined child.

    Raises:
        NoSuchPart, Unreadable, ChildUnavailable: as `extract_confined`.
        NoOriginal, Unopenable, BlobMissing: as `original_of`.
    """
    return extract_confined(original_of(attachment.message), attachment.part)
