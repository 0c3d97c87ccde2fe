"""The stage of the form's tests: an open form, and a patient who fills it in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from portal.intake.actions import Declared, add_page, begin, open_form, submit, write_notice
from portal.intake.form import current_notice
from portal.intake.models import Request
from portal.mailboxes.models import Mailbox
from portal.team.models import User
from tests.documents import files
from tests.mailboxes.boxes import open_box

NOTICE = "Nous sommes responsables de vos données."
CAMILLE = Declared(
    birth_name="Moreau",
    first_name="Camille",
    birth_date=date(1962, 3, 14),
    phone="06 12 34 56 78",
    remark="Sans lactose, s’il vous plaît.",
)


def open_the_form(by: User) -> Mailbox:
    box = open_box()
    open_form_at(by)
    return box


def open_form_at(by: User) -> None:
    """Where there is a mailbox already."""
    write_notice(NOTICE, by=by)
    open_form(by=by)


def notice_id() -> int:
    notice = current_notice()
    assert notice is not None
    return notice.pk


def send(*pages: bytes, now: datetime | None = None, **declared: Any) -> Request:
    """A request of Camille Moreau that was sent, with one photo unless others are given."""
    at = now or timezone.now()
    request = begin(now=at)
    for page in pages or (files.jpeg(),):
        add_page(request.pk, page, now=at)
    return submit(request.pk, replace(CAMILLE, **declared), notice_id=notice_id(), now=at)
