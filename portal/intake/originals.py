"""The bytes of what came by the form."""

from __future__ import annotations

from uuid import UUID

from portal.conversations.models import Attachment
from portal.intake.models import Upload


class NoUpload(Exception):
    """The attachment names no page of any request."""


def upload_bytes(attachment: Attachment) -> bytes:
    """The page that an attachment of a form's message stands for: its part is the page's id.

    Raises NoUpload, and what `read_blob` raises.
    """
    upload = Upload.objects.filter(pk=UUID(attachment.part), message=attachment.message_id).first()
    if upload is None:
        raise NoUpload
    return upload.read_blob()
