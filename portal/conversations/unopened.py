"""Since when nobody opened what came in, and whether people are called for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from portal.conversations.models import Conversation, ConversationKind
from portal.conversations.models import ConversationQuerySet as Conversations

OF_PATIENTS = (ConversationKind.PATIENT, ConversationKind.FORM)
# What had lain longer in the mailbox when it was fetched, as in one that was just added, is nobody's work of today.
STILL_TODO = timedelta(days=7)


def begins_to_wait(conversation: Conversation, *, brought_along: bool = False) -> bool:
    """Note since when it waits to be opened; whether people are to be told should nobody do so.

    Called before what came in changes it: what was unopened already goes on waiting since then.
    """
    if brought_along:
        if not conversation.unopened:
            conversation.unopened_since = None
        return False
    if conversation.unopened and conversation.unopened_since:
        return False
    conversation.unopened_since = timezone.now()
    return conversation.kind in OF_PATIENTS


def is_old(at: datetime) -> bool:
    """Whether what the operator received then is nobody's work of today."""
    return at < timezone.now() - STILL_TODO


def nobody_opened() -> Conversations:
    """What patients wrote and nobody opened, the longest wait first."""
    waiting = Conversation.objects.open().filter(
        unopened=True, unopened_since__isnull=False, kind__in=OF_PATIENTS
    )
    return waiting.order_by("unopened_since")
