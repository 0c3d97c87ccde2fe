"""The doors of the house as a view uses them: what is not visible to a person is a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.http import Http404

from portal.conversations.access import NotVisible, get_attachment, get_conversation, get_message
from portal.conversations.models import Attachment, Conversation, Message
from portal.inbound.models import RawMessage
from portal.inbound.quarantine import get_quarantined
from portal.outbound.approval import NotSubmitted, get_submitted
from portal.outbound.drafts import NoSuchDraft, get_draft
from portal.outbound.models import Delivery, Draft
from portal.outbound.scheduling import NotScheduled, get_scheduled
from portal.prescriptions.access import get_prescription
from portal.prescriptions.models import Prescription
from portal.team.models import User

Found = TypeVar("Found")


def conversation_for(me: User, pk: UUID) -> Conversation:
    return _through(get_conversation, me, pk)


def message_for(me: User, pk: UUID) -> Message:
    return _through(get_message, me, pk)


def attachment_for(me: User, pk: UUID) -> Attachment:
    return _through(get_attachment, me, pk)


def quarantined_for(me: User, pk: UUID) -> RawMessage:
    return _through(get_quarantined, me, pk)


def draft_for(me: User, pk: UUID) -> Draft:
    return _through(get_draft, me, pk)


def submitted_for(me: User, pk: UUID) -> Draft:
    return _through(get_submitted, me, pk)


def scheduled_for(me: User, pk: UUID) -> Draft:
    return _through(get_scheduled, me, pk)


def prescription_for(me: User, pk: UUID) -> Prescription:
    return _through(get_prescription, me, pk)


def delivery_for(me: User, pk: UUID) -> tuple[Delivery, Message]:
    """A delivery is seen by whoever sees its message; one that was taken back has none."""
    delivery = Delivery.objects.defer("inline").filter(pk=pk).exclude(message=None).first()
    if delivery is None or delivery.message_id is None:
        raise Http404
    return delivery, message_for(me, delivery.message_id)


def _through(door: Callable[[User, UUID], Found], me: User, pk: UUID) -> Found:
    try:
        return door(me, pk)
    except (NotVisible, NoSuchDraft, NotSubmitted, NotScheduled) as error:
        raise Http404 from error
