"""What the templates show of a request of the public form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.conversations.models import Conversation, ConversationKind
from portal.intake.models import Request, RequestState
from portal.intake.references import written
from portal.intake.tracking import born, phone_of
from portal.notices.actions import can_tell
from portal.web.paths import path


@dataclass(frozen=True, slots=True)
class FormCard:
    """A request of the form, beside its conversation; all of it is the patient's word."""

    reference: str
    names: str
    birth_date: date
    phone: str
    dialled: str
    email: bool
    told_by_email: bool
    cancelled: bool
    call_url: str


def form_card(conversation: Conversation) -> FormCard | None:
    """One query, for what came by the form alone."""
    if conversation.kind != ConversationKind.FORM:
        return None
    request = Request.objects.filter(conversation=conversation.pk).first()
    if request is None:
        return None
    phone, identity = phone_of(request), request.identity
    return FormCard(
        reference=written(request.reference or ""),
        names=f"{identity['birth_name']} {identity['first_name']}",
        birth_date=born(request),
        phone=phone,
        dialled=phone.replace(" ", ""),
        email=request.has_email,
        told_by_email=request.has_email and can_tell(),
        cancelled=request.state == RequestState.CANCELLED,
        call_url=path("called", conversation.pk),
    )
