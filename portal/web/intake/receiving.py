"""Take the files of a POST one by one: those that are good stay, those that are not are named with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from portal.intake.actions import NoSuchRequest, add_page, begin
from portal.intake.examining import MOST_FILES, PageRefused, Why
from portal.intake.models import Request
from portal.intake.throttle import TooMuch, admit_file, weigh_costly
from portal.mail.names import clean_name
from portal.web.intake.cards import RefusedFile, refused_file
from portal.web.requests import PharmacyRequest, address_of
from portal.web.uploads import CutFile

if TYPE_CHECKING:
    File = UploadedFile[Any]

FIELD = "pages"


def fill(request: PharmacyRequest, request_id: UUID, *, now: datetime) -> tuple[RefusedFile, ...]:
    """Add what came to the request, which begins with the first file that is admitted. Raises NoSuchRequest.

    Where pages are on screen it has begun: erased since, it does not begin again with some of its pages.
    """
    shown = request.POST.get("had", "") not in {"", "0"}
    if shown and not Request.objects.being_filled(now).filter(pk=request_id).exists():
        raise NoSuchRequest

    def keep(data: bytes) -> None:
        if not shown:
            begin(now=now, request_id=request_id)
        add_page(request_id, data, now=now)

    return take(request, keep, now=now)


def take(
    request: PharmacyRequest, keep: Callable[[bytes], object], *, now: datetime
) -> tuple[RefusedFile, ...]:
    """Give each file's bytes to `keep`; what was refused, in order."""
    files = request.FILES.getlist(FIELD)
    refused = [refused_file(_shown(file), Why.TOO_MANY) for file in files[MOST_FILES:]]
    for file in files[:MOST_FILES]:
        try:
            keep(_admitted(request, file, now))
        except PageRefused as error:
            if error.why == Why.TOO_COSTLY:
                weigh_costly(address_of(request), now=now)
            refused.append(refused_file(_shown(file), error.why))
    return tuple(refused)


def _admitted(request: PharmacyRequest, file: File, now: datetime) -> bytes:
    """Count it before it is looked at. Raises PageRefused."""
    if isinstance(file, CutFile):
        raise PageRefused(Why.TOO_BIG)
    try:
        admit_file(address_of(request), file.size or 0, now=now)
    except TooMuch as error:
        raise PageRefused(Why.TOO_MUCH) from error
    return bytes(file.read())


def _shown(file: File) -> str:
    """The name that the patient knows it by: shown once, stored never."""
    return clean_name(file.name or "")
