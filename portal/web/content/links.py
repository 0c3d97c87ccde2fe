"""Make and read the paths of the content host: signed for one person, one use and one pharmacy, for five minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from tenants.context import current_pharmacy

MINUTE = 60
MOST_MINUTES = 5


class Use(StrEnum):
    """What a path is good for; each has a salt, a path and a view of its own."""

    PAGE = "page"  # one page of an attachment, as a picture
    FILE = "file"  # an attachment, to be kept
    ORIGINAL = "original"  # a message as it was received, to be kept
    LAYOUT = "layout"  # a message as its sender laid it out, to look at in a frame
    FILES = "files"  # all files of a conversation, to be kept as one archive
    SUBMITTED = "submitted"  # a file of what waits for a pharmacist, to be kept
    UNREAD = "unread"  # the same of one in quarantine


class BadLink(Exception):
    """Not ours, of another pharmacy or for another use, or too old: nobody is told which."""


@dataclass(frozen=True)
class Link:
    """What may be fetched and by whom; `page` counts from 0."""

    use: Use
    object_id: UUID
    person_id: UUID
    page: int = 0


def sign(link: Link, *, now: datetime) -> str:
    """The path of `link`. The same all through a minute, so that a page drawn again asks for the same picture."""
    last = (int(now.timestamp()) // MINUTE + MOST_MINUTES) * MINUTE
    said = [link.object_id.hex, link.person_id.hex, link.page, last]
    token = _signer(link.use).sign_object(said, compress=False)
    return reverse(f"content_{link.use}", args=[token], urlconf=settings.CONTENT_URLCONF)


def read(use: Use, token: str, *, now: datetime) -> Link:
    """Raises BadLink."""
    try:
        object_id, person_id, page, last = _signer(use).unsign_object(token)
    except (BadSignature, ValueError) as error:
        raise BadLink from error
    if now.timestamp() >= last:
        raise BadLink
    return Link(use, UUID(object_id), UUID(person_id), page)


def _signer(use: Use) -> Signer:
    return Signer(salt=f"content.{use}.{current_pharmacy().id}")
