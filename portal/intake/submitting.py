"""Send a request: one transaction makes a conversation of it, and a prescription."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from portal.audit.actions import PATIENT, record
from portal.audit.events import Event
from portal.conversations.actions import NewFile, file_from_form
from portal.conversations.models import Conversation, Message, ScanState
from portal.intake.form import form_mailbox
from portal.intake.models import Form, Request, RequestState, Upload
from portal.intake.references import new_reference, written
from portal.intake.uploads import NoSuchRequest
from portal.lib.ids import uuid7
from portal.prescriptions.actions import open_from_message

TRACKED_LIFE = timedelta(days=30)
SUBJECT = "Ordonnance envoyée par le formulaire"
ASAP, ON_DAY = "asap", "day"


class FormClosed(Exception):
    """The pharmacy takes nothing by the form for now."""


class NoPages(Exception):
    """There is no ordonnance in this request."""


class NoticeChanged(Exception):
    """The notice that was on screen is not the one of today: it is to be read again."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the patient says; none of it was checked against anything."""

    birth_name: str
    first_name: str
    birth_date: date
    phone: str
    email: str = ""
    remark: str = ""
    when: str = ASAP
    day: date | None = None

    @property
    def label(self) -> str:
        return f"{self.first_name} {self.birth_name.upper()}"


def submit(request_id: UUID, declared: Declared, *, notice_id: int, now: datetime, page: str = "") -> Request:
    """Send the request with all its pages. A second click finds the first one's. `page` is where it is followed.

    Raises:
        NoSuchRequest, FormClosed, NoPages, NoticeChanged: see there.
    """
    with transaction.atomic():
        request = Request.objects.select_for_update().filter(pk=request_id).first()
        if request is None or (request.state == RequestState.OPEN and request.expires_at <= now):
            raise NoSuchRequest
        if request.state != RequestState.OPEN:
            return request
        _check_form(notice_id)
        uploads = list(request.uploads.order_by("id"))
        if not uploads:
            raise NoPages
        _fill(request, declared, notice_id=notice_id, now=now)
        request.page = page
        text = opening_text(declared, request.reference or "")
        message, detail = file_pages(None, uploads, label=declared.label, text=text, now=now)
        request.conversation = message.conversation
        request.save()
        opened = f" {detail}" if detail else ""
        on = ("conversation", message.conversation_id)
        record(Event.REQUEST_SUBMIT, by=PATIENT, on=on, detail=f"pages={len(uploads)}{opened}")
    return request


def file_pages(
    conversation: Conversation | None, uploads: list[Upload], *, label: str, text: str, now: datetime
) -> tuple[Message, str]:
    """File a message of the patient with these pages, in the caller's transaction; what it began, for the journal."""
    mailbox = conversation.mailbox if conversation else form_mailbox()
    if mailbox is None:
        raise FormClosed
    earlier = conversation.attachment_count if conversation else 0
    files = [_filed(upload, earlier + number) for number, upload in enumerate(uploads, 1)]
    pk = uuid7()
    filed, detail = file_from_form(
        conversation,
        pk=pk,
        mailbox=mailbox,
        label=label,
        subject=SUBJECT,
        text=text,
        at=now,
        files=files,
        beside=lambda held: open_from_message(held, message_id=pk, files=files, at=now),
    )
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(message=filed)
    return filed, detail


def opening_text(declared: Declared, reference: str) -> str:
    """What the team reads first, and finds it by."""
    lines = [
        f"Souhait : {_wish(declared)}",
        f"Né(e) le {declared.birth_date:%d/%m/%Y}",
        f"Téléphone : {declared.phone}",
        f"Référence : {written(reference)}",
    ]
    return "\n\n".join(part for part in (declared.remark, "\n".join(lines)) if part)


def _wish(declared: Declared) -> str:
    if declared.day is not None and declared.when == ON_DAY:
        return f"retrait le {declared.day:%d/%m/%Y}"
    return "retrait dès que possible"


def _check_form(notice_id: int) -> None:
    form = Form.objects.only("open", "notice_id").first()
    if form is None or not form.open:
        raise FormClosed
    if form.notice_id != notice_id:
        raise NoticeChanged


def _fill(request: Request, declared: Declared, *, notice_id: int, now: datetime) -> None:
    request.state, request.reference = RequestState.SUBMITTED, new_reference()
    request.submitted_at = request.consent_at = now
    request.notice_id = notice_id
    request.expires_at = now + TRACKED_LIFE
    request.identity = {
        "birth_name": declared.birth_name,
        "first_name": declared.first_name,
        "birth_date": declared.birth_date.isoformat(),
    }
    request.contact = {"phone": declared.phone, "email": declared.email}
    request.has_email = bool(declared.email)
    request.remark = declared.remark
    request.wish = {"when": declared.when, "day": declared.day.isoformat() if declared.day else ""}


def _filed(upload: Upload, number: int) -> NewFile:
    return NewFile(
        part=str(upload.pk),
        name=f"Page {number}",
        kind=upload.kind,
        size=upload.size,
        digest=hashlib.sha256(upload.read_blob()).hexdigest(),
        scan=ScanState.UNSCANNED if settings.ANTIVIRUS == "off" else ScanState.CLEAN,
    )
