"""Follow a request that was sent: find it again, see how far it is, add a page, cancel it."""

from __future__ import annotations

import hmac
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from portal.audit.actions import PATIENT, record
from portal.audit.events import Event
from portal.conversations.actions import file_from_form
from portal.conversations.models import Message, MessageKind
from portal.intake import throttle
from portal.intake.examining import examine
from portal.intake.models import Request, RequestState, Upload
from portal.intake.submitting import SUBJECT, file_pages
from portal.intake.uploads import NoSuchRequest, refuse_too_much
from portal.lib.ids import uuid7
from portal.outbound.models import DeliveryState
from portal.prescriptions.models import Prescription, State
from portal.vault.blobs import blob_digest

ADDED = "Le patient a ajouté une page."
CANCELLED = "Le patient annule sa demande."


class Locked(Exception):
    """Too many tries, at this reference or from this address: wait."""


class TooLate(Exception):
    """The request was cancelled, or what it asked for was handed over: nothing more can be changed."""


class Stage(StrEnum):
    """How far a request is, as the patient is told."""

    RECEIVED = "received"
    PREPARING = "preparing"
    WAITING = "waiting"
    READY = "ready"
    HANDED_OVER = "handed-over"
    REFUSED = "refused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STAGES = {
    State.RECEIVED: Stage.RECEIVED,
    State.PREPARING: Stage.PREPARING,
    State.PREPARED: Stage.PREPARING,
    State.CONTROLLED: Stage.PREPARING,
    State.READY: Stage.READY,
    State.HANDED_OVER: Stage.HANDED_OVER,
    State.WAITING: Stage.WAITING,
    State.REFUSED: Stage.REFUSED,
    State.ABANDONED: Stage.CLOSED,
}
OVER = frozenset({Stage.HANDED_OVER, Stage.CANCELLED})


def find(reference: str, birth_date: date | None, *, address: str, now: datetime) -> Request | None:
    """The request with this reference, of somebody born that day; None when one of the two is wrong.

    Raises:
        Locked: five tries were made, or too many from this address.
    """
    allowed, first_refusal = throttle.admit_try(reference, address, now=now)
    if not allowed:
        if first_refusal:
            with transaction.atomic():
                record(Event.REQUEST_TRACK_LOCKED, by=PATIENT)
        raise Locked
    found = Request.objects.tracked(now).filter(reference=reference or None).first()
    told = birth_date.isoformat() if birth_date else ""
    if found is None or not hmac.compare_digest(found.identity["birth_date"], told):
        return None
    throttle.forgive_try(reference, address)
    with transaction.atomic():
        record(Event.REQUEST_TRACK, by=PATIENT, on=("conversation", _conversation(found)))
    return found


def followed(request_id: UUID, *, now: datetime) -> Request:
    """The request that a signed cookie names. Raises NoSuchRequest."""
    found = Request.objects.tracked(now).select_related("conversation").filter(pk=request_id).first()
    if found is None:
        raise NoSuchRequest
    return found


def stage_of(request: Request) -> Stage:
    """By its newest prescription; one query."""
    if request.state == RequestState.CANCELLED:
        return Stage.CANCELLED
    newest = Prescription.objects.filter(conversation=request.conversation_id).order_by("-id")
    state = newest.values_list("state", flat=True).first()
    return STAGES[State(state)] if state else Stage.RECEIVED


def answers_to(request: Request) -> list[Message]:
    """What the team answered and can no longer take back, oldest first."""
    sent = Message.objects.filter(
        conversation=request.conversation_id,
        kind=MessageKind.SENT,
        deliveries__state=DeliveryState.SENT,
        deliveries__to_page=True,
    )
    return list(sent.defer("tokens", "headers").order_by("at", "id").distinct())


def append_page(request_id: UUID, data: bytes, *, now: datetime) -> None:
    """Add a page to a request that was sent: the team sees it as a new message. The same page again is no other.

    Raises:
        PageRefused: with the reason.
        NoSuchRequest, TooLate: see there.
    """
    found = examine(data)
    with transaction.atomic():
        request = _held(request_id, now)
        upload = Upload(request=request, kind=found.kind, pages=found.pages, received_at=now)
        if request.uploads.filter(digest=blob_digest(data)).exists():
            return
        refuse_too_much(request, len(data))
        upload.put_blob(data)
        upload.save(force_insert=True)
        _, detail = file_pages(request.conversation, [upload], label=label_of(request), text=ADDED, now=now)
        record(Event.REQUEST_PAGE, by=PATIENT, on=("conversation", _conversation(request)), detail=detail)


def cancel(request_id: UUID, *, now: datetime) -> None:
    """The patient wants nothing prepared any more; cancelled already: nothing changes.

    Raises:
        NoSuchRequest, TooLate: see there.
    """
    with transaction.atomic():
        request = Request.objects.tracked(now).select_for_update(of=("self",)).filter(pk=request_id).first()
        if request is not None and request.state == RequestState.CANCELLED:
            return
        request = _held(request_id, now)
        request.state = RequestState.CANCELLED
        request.save(update_fields=["state"])
        held = request.conversation
        if held is None:
            raise NoSuchRequest
        file_from_form(
            held,
            pk=uuid7(),
            mailbox=held.mailbox,
            label=label_of(request),
            subject=SUBJECT,
            text=CANCELLED,
            at=now,
        )
        record(Event.REQUEST_CANCEL, by=PATIENT, on=("conversation", held.pk))


def label_of(request: Request) -> str:
    """« Camille MOREAU », as the patient declared it."""
    return f"{request.identity['first_name']} {request.identity['birth_name'].upper()}"


def phone_of(request: Request) -> str:
    return str(request.contact.get("phone", ""))


def born(request: Request) -> date:
    return date.fromisoformat(request.identity["birth_date"])


def _held(request_id: UUID, now: datetime) -> Request:
    """Raises NoSuchRequest, TooLate."""
    tracked = Request.objects.tracked(now).select_for_update(of=("self",))
    request = tracked.select_related("conversation__mailbox").filter(pk=request_id).first()
    if request is None:
        raise NoSuchRequest
    if stage_of(request) in OVER:
        raise TooLate
    return request


def _conversation(request: Request) -> UUID:
    if request.conversation_id is None:
        raise NoSuchRequest
    return request.conversation_id
