"""What colleagues write in a conversation, beside one's own answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.outbound.models import Draft
from portal.outbound.pen import holder
from portal.team.models import User
from portal.web.inbox.pen_cards import TheirDraft
from portal.web.inbox.people import first_name


def their_drafts(drafts: Sequence[Draft], me: User, *, now: datetime) -> tuple[TheirDraft, ...]:
    """Those that say something; of whoever has the pen, unless it is oneself, first."""
    writing = holder(drafts, now=now)
    cards = [
        TheirDraft(
            id=draft.pk,
            by=first_name(draft.author.display_name),
            at=draft.updated_at,
            text=draft.text,
            since=draft.pen_at or draft.updated_at,
            has_pen=draft is writing,
        )
        for draft in drafts
        if draft.author_id != me.pk and draft.text.strip()
    ]
    return tuple(sorted(cards, key=lambda card: (not card.has_pen, -card.at.timestamp())))
