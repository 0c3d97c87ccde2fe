"""A row of a list for an answer or a message that has not left: what waits for a pharmacist, or for its hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.outbound.models import Draft
from portal.web.inbox.cards import Chip, Correspondent, Row
from portal.web.inbox.people import correspondent, initials
from portal.web.inbox.places import Place, conversation_url
from portal.web.inbox.reviews import peek
from portal.web.inbox.rows import NO_SUBJECT


def draft_row(
    draft: Draft,
    *,
    at: datetime,
    chips: tuple[Chip, ...],
    place: Place,
    url: str,
    group: str,
    current: UUID | None,
) -> Row:
    """It leads to its conversation, seen from `place`; where it has none, to `url`."""
    who, kind = _who(draft)
    key = draft.conversation_id or draft.pk
    return Row(
        conversation_id=key,
        url=conversation_url(draft.conversation_id, place) if draft.conversation_id else url,
        who=who,
        initials=initials(who),
        kind=kind,
        at=at,
        subject=draft.subject or NO_SUBJECT,
        snippet=peek(draft),
        chips=chips,
        current=key == current,
        group=group,
        in_place=draft.conversation_id is not None,
    )


def _who(draft: Draft) -> tuple[str, Correspondent]:
    if draft.conversation is not None:
        return correspondent(draft.conversation)
    return ", ".join(draft.recipients) or "Nouveau message", "pro"
