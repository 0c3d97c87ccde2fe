"""Hold a conversation while it changes, at the version that was on somebody's screen (invariant 14)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from portal.conversations.models import Conversation, Message
from portal.lib import live
from portal.lib.prepared import prepared


class StaleVersion(Exception):
    """A colleague, or a new message, was quicker: show what changed, write nothing (409)."""


def locked(conversation_id: UUID, version: int | None = None) -> Conversation:
    """The conversation, held until the end of the transaction, as the database has it now.

    Whoever holds one changes it: the screens of those who see it are told after the commit. Of one that was joined
    to another while we waited, the other one is held.

    Raises:
        StaleVersion: it is not at `version` any more.
    """
    conversation = _held.first(conversation_id)
    if conversation is None:
        raise Conversation.DoesNotExist(conversation_id)
    if version is not None and (conversation.version != version or conversation.merged_into_id):
        raise StaleVersion
    if conversation.merged_into_id:
        return locked(conversation.merged_into_id)
    tell_changed(conversation)
    return conversation


@prepared
def _held(pk: UUID) -> QuerySet[Conversation]:
    return Conversation.objects.select_for_update(of=("self",)).filter(pk=pk)


def locked_with(message_id: UUID) -> Conversation:
    """The conversation that this message is in, held: a colleague may take it to another one while we wait."""
    while True:
        where = Conversation.objects.filter(messages=message_id).values_list("pk", flat=True)
        held = locked(where.get())
        if Message.objects.filter(pk=message_id, conversation=held).exists():
            return held


def tell_changed(conversation: Conversation) -> None:
    """Have every screen that shows it, in a list or open, ask for it again after the commit."""
    live.tell(live.Kind.CONVERSATION, conversation.pk, mailbox=conversation.mailbox_id)
