"""The messages of a conversation in order, each with its files: two queries."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import QuerySet

from portal.conversations.models import Attachment, Message
from portal.lib.prepared import prepared


def thread(conversation_id: UUID) -> list[Message]:
    """With who wrote them."""
    found, messages = defaultdict(list), _messages(conversation_id)
    for file in _files(conversation_id):
        found[file.message_id].append(file)
    for message in messages:
        vars(message)["files"] = found[message.pk]
    return messages


def files_of(message: Message) -> list[Attachment]:
    """The files of a message, without their words: a query only where it came by another way than `thread`."""
    known: list[Attachment] | None = vars(message).get("files")
    return list(message.attachments.order_by("position").defer("text")) if known is None else known


@prepared
def _messages(conversation_id: UUID) -> QuerySet[Message]:
    return Message.objects.in_order(conversation_id)


@prepared
def _files(conversation_id: UUID) -> QuerySet[Attachment]:
    files = Attachment.objects.filter(message__conversation=conversation_id)
    return files.order_by("message", "position").defer("text")
