"""A conversation as a zip: each message as it came or left, and what was done with it as JSON."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from typing import IO, Any
from uuid import UUID

from django.db import transaction

from portal.audit.actions import OPERATOR, record
from portal.audit.events import Event
from portal.conversations.assignees import assignees
from portal.conversations.models import Conversation, Message, MessageKind
from portal.inbound.originals import NoOriginal, original_of
from portal.outbound.models import Delivery
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable

TRACE = "trace.json"
NAMES = {MessageKind.RECEIVED: "recu", MessageKind.SENT: "envoye"}


def export_conversation(conversation_id: UUID, to: IO[bytes]) -> int:
    """Write the zip and give the number of mails in it; what the store has lost stands in the trace.

    In the journal before anything is written.

    Of one that was joined to another, the other one is written.

    Raises:
        Conversation.DoesNotExist: this pharmacy has no such conversation.
    """
    found = Conversation.objects.select_related("mailbox", "merged_into__mailbox").get(pk=conversation_id)
    conversation = found.merged_into or found
    with transaction.atomic():
        record(Event.CONVERSATION_EXPORT, by=OPERATOR, on=("conversation", conversation.pk))
    told: list[dict[str, Any]] = []
    mails = 0
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, message in enumerate(Message.objects.in_order(conversation.pk), start=1):
            entry = _told(message)
            raw = _bytes_of(message, entry)
            if raw is not None:
                mails += 1
                entry["file"] = f"{number:04}-{NAMES[MessageKind(message.kind)]}.eml"
                entry["sha256"] = hashlib.sha256(raw).hexdigest()
                archive.writestr(entry["file"], raw)
            told.append(entry)
        trace = {**_about(conversation), "messages": told}
        archive.writestr(TRACE, json.dumps(trace, ensure_ascii=False, indent=2))
    return mails


def _about(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": str(conversation.pk),
        "mailbox": conversation.mailbox.address,
        "kind": conversation.kind,
        "state": conversation.state,
        "subject": conversation.subject,
        "people": conversation.people,
        "assignees": [each.display_name for each in assignees(conversation)],
        "closed_at": conversation.closed_at.isoformat() if conversation.closed_at else None,
    }


def _told(message: Message) -> dict[str, Any]:
    """Who did what and when; the words of a note, which stand in no mail."""
    return {
        "id": str(message.pk),
        "kind": message.kind,
        "at": message.at.isoformat(),
        "author": message.author.display_name if message.author else None,
        "what": message.what,
        "about": message.about.display_name if message.about else None,
        "note": message.text if message.kind == MessageKind.NOTE else None,
        "deliveries": [_delivery(delivery) for delivery in _deliveries(message)],
    }


def _deliveries(message: Message) -> Iterable[Delivery]:
    if message.kind != MessageKind.SENT:
        return ()
    found = Delivery.objects.filter(message=message).defer("inline").order_by("queued_at")
    return found.prefetch_related("recipients", "events")


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": str(delivery.pk),
        "state": delivery.state,
        "queued_at": delivery.queued_at.isoformat(),
        "recipients": [
            {"address": each.address, "state": each.state, "code": each.code, "answer": each.answer}
            for each in delivery.recipients.all()
        ],
        "moves": [
            {"at": move.at.isoformat(), "before": move.before, "after": move.after, "code": move.code}
            for move in delivery.events.all()
        ],
    }


def _bytes_of(message: Message, entry: dict[str, Any]) -> bytes | None:
    """As it came or left; None for what is no mail, and for what is lost, which the entry then says."""
    if message.kind not in NAMES:
        return None
    try:
        if message.kind == MessageKind.RECEIVED:
            return original_of(message)
        delivery = Delivery.objects.filter(message=message).order_by("queued_at").first()
        return delivery.read_blob() if delivery else None
    except (NoOriginal, Unopenable, BlobMissing) as error:
        entry["missing"] = type(error).__name__
        return None
