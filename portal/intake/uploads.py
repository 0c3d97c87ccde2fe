"""Take the pages of a request, each sealed as soon as it is chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from portal.intake.examining import MOST_BYTES, MOST_FILES, PageRefused, Why, examine
from portal.intake.models import Request, Upload
from portal.lib.ids import uuid7
from portal.vault.blobs import blob_digest
from tenants.wakeups import wake

# How long an unsent request waits for its patient.
UNSENT_LIFE = timedelta(hours=2)
WAKE = "intake"


class NoSuchRequest(Exception):
    """No such request is being filled: sent, too old, or never begun. They look the same."""


def begin(*, now: datetime, request_id: UUID | None = None) -> Request:
    """An empty request, removed after two hours if it is not sent; or the one that has this id already."""
    pk, ends = request_id or uuid7(), now + UNSENT_LIFE
    with transaction.atomic():
        request, new = Request.objects.get_or_create(pk=pk, defaults={"started_at": now, "expires_at": ends})
        if new:
            wake(WAKE, ends)
    return request


def add_page(request_id: UUID, data: bytes, *, now: datetime) -> Upload:
    """Examine a file, then seal it into the request; the same file again is the same page.

    Raises:
        PageRefused: with the reason.
        NoSuchRequest: see there.
    """
    found = examine(data)
    with transaction.atomic():
        request = _held(request_id, now)
        upload = Upload(request=request, kind=found.kind, pages=found.pages, received_at=now)
        known = request.uploads.defer("inline").filter(digest=blob_digest(data)).first()
        if known:
            return known
        refuse_too_much(request, len(data))
        upload.put_blob(data)
        upload.save(force_insert=True)
        request.expires_at = now + UNSENT_LIFE
        request.save(update_fields=["expires_at"])
        wake(WAKE, request.expires_at)
    return upload


def remove_page(request_id: UUID, upload_id: UUID, *, now: datetime) -> None:
    """Take a page out again; one that is gone already is no error. Raises NoSuchRequest."""
    with transaction.atomic():
        _held(request_id, now).uploads.filter(pk=upload_id).delete()


def pages_of(request_id: UUID) -> list[Upload]:
    """In the order in which they came, without their bytes."""
    return list(Upload.objects.filter(request=request_id).defer("inline").order_by("id"))


def refuse_too_much(request: Request, size: int) -> None:
    """Raises PageRefused when one file of `size` bytes more would not fit."""
    sizes = list(request.uploads.values_list("size", flat=True))
    if len(sizes) >= MOST_FILES:
        raise PageRefused(Why.TOO_MANY)
    if sum(sizes) + size > MOST_BYTES:
        raise PageRefused(Why.TOO_BIG)


def _held(request_id: UUID, now: datetime) -> Request:
    found = Request.objects.being_filled(now).select_for_update().filter(pk=request_id).first()
    if found is None:
        raise NoSuchRequest
    return found
