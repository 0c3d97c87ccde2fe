"""The only door to a conversation, its messages and their files; absent and forbidden look the same."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from portal.conversations.assignees import assignees_of
from portal.conversations.concerns import concerns
from portal.conversations.label_models import labels_of
from portal.conversations.models import Attachment, Conversation, Message
from portal.conversations.reading import readers_of
from portal.lib.prepared import prepared
from portal.team.models import User

Found = TypeVar("Found")


class NotVisible(Exception):
    """There is no such thing for this person (404): it does not exist, or is in somebody's own mailbox."""


def get_conversation(user: User, conversation_id: UUID) -> Conversation:
    """With its mailbox (but not its credentials), its patient, its assignees, labels and readers, and whether something
    new in it concerns `user`. Of one that was joined to another, the other one is given. Raises NotVisible.
    """
    found = _conversation.first(user.id, conversation_id)
    if found is None:
        gone = Conversation.objects.filter(pk=conversation_id).only("merged_into").first()
        if gone is not None and gone.merged_into_id is not None:
            found = _conversation.first(user.id, gone.merged_into_id)
    return _one(found)


def get_message(user: User, message_id: UUID) -> Message:
    """With its conversation. Raises NotVisible."""
    visible = Message.objects.defer("tokens").select_related("conversation")
    seen = Conversation.objects.visible_to(user.id)
    return _one(visible.filter(pk=message_id, conversation__in=seen).first())


def get_attachment(user: User, attachment_id: UUID) -> Attachment:
    """With its message and conversation. Raises NotVisible."""
    visible = Attachment.objects.defer("text", "message__tokens").select_related("message__conversation")
    seen = Conversation.objects.visible_to(user.id)
    return _one(visible.filter(pk=attachment_id, message__conversation__in=seen).first())


@prepared
def _conversation(user_id: UUID, conversation_id: UUID) -> QuerySet[Conversation]:
    visible = (
        Conversation.objects.visible_to(user_id)
        .select_related("mailbox", "patient")
        .defer("mailbox__credentials", "mailbox__trust_pem", "mailbox__crl_pem")
        .annotate(readers=readers_of(), assigned=assignees_of(), labelled=labels_of())
        .annotate(concerned=concerns(user_id))
    )
    return visible.filter(pk=conversation_id)


def _one(found: Found | None) -> Found:
    if found is None:
        raise NotVisible
    return found
