"""File what Officinal answers by itself: shown in the thread, and nothing else of the conversation moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.conversations.locking import locked
from portal.conversations.matching import message_mark
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.search import tokens_of
from portal.mail.addresses import Address

# What stands in `Message.what` of such an answer: clear, so that statistics leave it out.
AUTOMATIC = "automatic"


def answered_since(conversation: Conversation, at: datetime) -> bool:
    """Whether somebody of the team answered since."""
    sent = conversation.messages.filter(kind=MessageKind.SENT, at__gt=at)
    return sent.exclude(what=AUTOMATIC).exists()


def file_automatic(
    conversation_id: UUID,
    *,
    pk: UUID,
    at: datetime,
    to: Address,
    headers: Mapping[str, Any],
    text: str,
    message_id: str,
) -> Message:
    """File it as message `pk`. It is no colleague's move: state, version, whose it is, what is new, all stay.

    Nor does it change the words and the hour by which the list knows the conversation. Called in a transaction,
    before wake-ups and the journal.
    """
    conversation = locked(conversation_id)
    conversation.message_count += 1
    conversation.save(update_fields=["message_count"])
    message = Message(
        id=pk,
        conversation=conversation,
        kind=MessageKind.SENT,
        what=AUTOMATIC,
        at=at,
        message_id_fingerprint=message_mark(message_id),
        headers=dict(headers),
        text=text,
    )
    message.tokens = tokens_of(subject=str(headers["subject"]), people=(to,), text=text, files=())
    message.save(force_insert=True)
    return message
