"""Hold a conversation while it changes, at the version that was on somebody's screen (invariant 14)."""

from __future__ import annotations

from uuid import UUID

from portal.conversations.models import Conversation


class StaleVersion(Exception):
    """A colleague, or a new message, was quicker: show what changed, write nothing (409)."""


def locked(conversation_id: UUID, version: int | None = None) -> Conversation:
    """The conversation, held until the end of the transaction, as the database has it now.

    Raises:
        StaleVersion: it is not at `version` any more.
    """
    conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
    if version is not None and conversation.version != version:
        raise StaleVersion
    return conversation
