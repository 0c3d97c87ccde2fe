"""Say in a conversation that a message of it was forwarded, and as which message of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.locking import tell_changed
from portal.conversations.models import Message, MessageKind

if TYPE_CHECKING:
    from portal.team.models import User

FORWARDED = "forwarded"


def note_forwarded(source_id: UUID, *, sent: Message, to: str, by: User) -> None:
    """`to` is whom, by name. It moves no version: it holds up nobody. In the caller's transaction, last."""
    source = Message.objects.select_related("conversation").defer("tokens", "text").get(pk=source_id)
    Message.objects.create(
        conversation=source.conversation,
        kind=MessageKind.EVENT,
        at=timezone.now(),
        what=FORWARDED,
        author=by,
        headers={"why": to},
        forwarded_as=sent,
    )
    tell_changed(source.conversation)
    detail = f"as={sent.pk} conversation={sent.conversation_id}"
    record(Event.MESSAGE_FORWARD, by=by, on=("message", source.pk), detail=detail)
