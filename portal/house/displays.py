"""Screens on the wall: each is known by what stands in its address, of which a keyed digest alone is kept."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.house.models import Display
from portal.team.models import User
from portal.vault.index import fingerprint

TOKEN_BYTES = 24  # 192 bits
SEEN_AGAIN = timedelta(minutes=5)


class DisplayNameTaken(Exception):
    """Another screen in service has this name."""


def add_display(*, name: str, by: User, now: datetime) -> str:
    """A new screen; what stands in its address is given once, and kept nowhere.

    Raises:
        DisplayNameTaken: choose another name.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    display = Display(name=name, digest=_digest(token), added_by=by, renewed_at=now)
    with transaction.atomic():
        try:
            with transaction.atomic():
                display.save(force_insert=True)
        except IntegrityError as error:
            raise DisplayNameTaken from error
        record(Event.DISPLAY_ADD, by=by, on=("display", display.pk))
    return token


def renew(display: Display, *, by: User, now: datetime) -> str:
    """Another address for it: the one before shows nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        changed = Display.objects.filter(pk=display.pk, revoked_at=None)
        if changed.update(digest=_digest(token), renewed_at=now, seen_at=None):
            record(Event.DISPLAY_RENEW, by=by, on=("display", display.pk))
    return token


def revoke(display: Display, *, by: User, now: datetime) -> None:
    with transaction.atomic():
        if Display.objects.filter(pk=display.pk, revoked_at=None).update(revoked_at=now):
            record(Event.DISPLAY_REVOKE, by=by, on=("display", display.pk))


def find_display(token: str) -> Display | None:
    """The screen at this address, if it is in service."""
    return Display.objects.filter(digest=_digest(token), revoked_at=None).first()


def displays() -> list[Display]:
    """Those in service, by name."""
    return list(Display.objects.select_related("added_by").filter(revoked_at=None).order_by("name"))


def note_seen(display: Display, *, now: datetime) -> None:
    """It asked. Written down every five minutes at most."""
    if display.seen_at is None or display.seen_at < now - SEEN_AGAIN:
        Display.objects.filter(pk=display.pk).update(seen_at=now)


def _digest(token: str) -> str:
    return fingerprint("house.display", token)
