"""Make the cards of what leaves later: in its conversation, and on a page of its own."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from portal.conversations.models import Conversation
from portal.documents.sniff import Kind
from portal.outbound.models import Draft
from portal.outbound.scheduling import may_change, scheduled_seen_by
from portal.team.models import User
from portal.web.content.names import shown_name
from portal.web.inbox.later_cards import LaterCard, LaterFile
from portal.web.inbox.people import short_name
from portal.web.paths import path


def scheduled_in(conversation: Conversation, me: User) -> tuple[LaterCard, ...]:
    """Those of a conversation, the next first; no query where there is none."""
    if not conversation.scheduled:
        return ()
    return cards(scheduled_seen_by(me).filter(conversation=conversation.pk), me)


def cards(found: Iterable[Draft], me: User) -> tuple[LaterCard, ...]:
    return tuple(_card(draft, me) for draft in found)


def scheduled_url(draft: Draft) -> str:
    return path("scheduled", draft.pk)


def _card(draft: Draft, me: User) -> LaterCard:
    at = draft.leaves_at or timezone.now()
    here = timezone.localtime(at)
    by = draft.scheduled_by if draft.scheduled_by_id != draft.author_id else None
    return LaterCard(
        id=draft.pk,
        at=at,
        on=f"{here:%Y-%m-%d}",
        time=f"{here:%H:%M}",
        author=short_name(draft.author.display_name),
        to=", ".join(draft.recipients),
        subject=draft.subject,
        text=draft.text,
        signature=draft.signature or "",
        by=short_name(by.display_name) if by else "",
        files=tuple(
            LaterFile(shown_name(file.name, Kind(file.kind)), file.size)
            for file in draft.files.defer("inline").order_by("created_at", "pk")
        ),
        mine=draft.author_id == me.pk,
        may_change=may_change(draft, me),
    )
