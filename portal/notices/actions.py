"""Have somebody told, without content: the one way in takes an address, a kind and a link, and no words."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import Resolver404, resolve

from portal.mailboxes.actions import database_now
from portal.notices.models import Notice, NoticeKind, Way
from portal.notices.sender import can_send
from portal.notices.words import FOR_PATIENTS, LINKED
from tenants.wakeups import wake

WAKE = "notify"
# No query, no fragment, no line's end (which urlsplit would drop).
BARE = re.compile(r"[A-Za-z0-9:/._~%-]+")
# A single-use link's token, as team/links.py makes it.
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,80}")


class NotOurLink(ValueError):
    """A link is no bare page of ours, or carries something that might be a patient's word."""


class BadAddress(ValueError):
    """This is no e-mail address."""


def can_tell(way: Way = Way.EMAIL) -> bool:
    """Whether there is a sender: without one nothing is queued, and whoever wanted to tell says so on screen."""
    return can_send(way)


def tell(address: str, kind: NoticeKind, *, link: str = "", about: UUID) -> bool:
    """Have a notice sent to this address; False when no sender is configured, and then nothing is kept.

    Call it late in the transaction of the act that it follows, before the journal's entry. `link` is a whole
    address of one of our own pages, without query or fragment; `about` is the id of the person, or of the request.

    Raises:
        BadAddress: ask for another one.
        NotOurLink: the link is no page of ours, is missing, or is one too many.
    """
    if not can_send():
        return False
    check_address(address)
    _check(kind, link)
    queue(Notice(kind=kind, address=address, link=link or None, about=about), at=database_now())
    return True


def queue(notice: Notice, *, at: datetime) -> None:
    """Have it sent as soon as may be. In the caller's transaction, late."""
    notice.due_at = notice.created_at = at
    with transaction.atomic():
        notice.save(force_insert=True)
        wake(WAKE, at)


def check_address(address: str) -> None:
    """Raises BadAddress."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadAddress from error
    if not address.isascii():  # the sender's server might not take it (RFC 6531), and would say so too late
        raise BadAddress


def _check(kind: NoticeKind, link: str) -> None:
    if bool(link) != (kind in LINKED):
        raise NotOurLink(kind)
    if link:
        _check_link(kind, link)


def _check_link(kind: NoticeKind, link: str) -> None:
    """What stands in the address of a page is what its route captures: an id, or an invitation's token."""
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise NotOurLink(kind)
    if not BARE.fullmatch(link):
        raise NotOurLink(kind)
    try:
        captured = resolve(parts.path, urlconf=settings.ROOT_URLCONF).kwargs
    except Resolver404 as error:
        raise NotOurLink(kind) from error
    for value in captured.values():
        if isinstance(value, UUID):
            continue
        if kind in FOR_PATIENTS or not TOKEN.fullmatch(str(value)):
            raise NotOurLink(kind)
