"""Who writes the answer of a conversation: one person at a time has the pen, and a colleague may take it.

It is a soft lock: it keeps two from answering the same question unawares. What stops a second answer is the version.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.locking import tell_changed
from portal.conversations.models import Conversation
from portal.lib.prepared import prepared
from portal.outbound.models import Draft, DraftState
from portal.team.models import User

# Who has typed nothing for so long has put it down.
LIFE = timedelta(minutes=5)


@prepared
def open_drafts(conversation_id: UUID) -> QuerySet[Draft]:
    """Everybody's, with who writes them: what the team begins in a conversation, the team sees."""
    return Draft.objects.filter(conversation=conversation_id, state=DraftState.OPEN).select_related("author")


def holder(drafts: Iterable[Draft], *, now: datetime) -> Draft | None:
    """The draft of whoever has the pen: who took it last, has words, and typed within five minutes."""
    held = [(draft.pen_at, draft) for draft in drafts if draft.pen_at and _is_warm(draft, now)]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def pick_up(draft: Draft) -> None:
    """Whoever begins to type while nobody else does has the pen. In the transaction that saves the words."""
    now = timezone.now()
    if draft.conversation_id is None or not draft.text.strip() or (draft.pen_at and _is_warm(draft, now)):
        return
    others = [each for each in open_drafts(draft.conversation_id) if each.pk != draft.pk]
    if holder(others, now=now) is None:
        _give(draft, now)
        _tell(draft)


def take(draft: Draft, *, by: User, theirs: Draft | None) -> None:
    """Give the pen to the author of `draft`, whose field begins with `theirs` if it is empty.

    The colleague's own draft keeps every word. In the caller's transaction, which holds `draft`; last in it.
    """
    if theirs is not None and not draft.text.strip() and draft.template_id is None:
        draft.text, draft.version = theirs.text, draft.version + 1
        draft.save(update_fields=["text", "version", "updated_at"])
    _give(draft, timezone.now())
    _tell(draft)
    detail = f"from={theirs.author_id}" if theirs else ""
    record(Event.DRAFT_TAKE, by=by, on=("draft", draft.pk), detail=detail)


def take_pen(conversation: Conversation, draft: Draft, *, by: User, theirs_id: UUID | None) -> None:
    """Take the pen, from the draft that was on screen or from whoever has it. `draft` is one's own."""
    with transaction.atomic():
        held = Draft.objects.select_for_update(of=("self",)).select_related("conversation").get(pk=draft.pk)
        others = [each for each in open_drafts(conversation.pk) if each.author_id != by.pk]
        named = next((each for each in others if each.pk == theirs_id), None)
        take(held, by=by, theirs=named or holder(others, now=timezone.now()))


def _give(draft: Draft, now: datetime) -> None:
    draft.pen_at = now
    Draft.objects.filter(pk=draft.pk).update(pen_at=now)


def _tell(draft: Draft) -> None:
    if draft.conversation is not None:
        tell_changed(draft.conversation)


def _is_warm(draft: Draft, now: datetime) -> bool:
    typed = max(draft.pen_at or draft.updated_at, draft.updated_at)
    return now - typed < LIFE and bool(draft.text.strip())
