"""On top of « Envoyés »: what leaves later, the next first."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.utils import timezone

from portal.outbound.models import Draft
from portal.outbound.scheduling import scheduled_seen_by
from portal.team.models import User
from portal.web.inbox.cards import Chip, Row
from portal.web.inbox.draft_rows import draft_row
from portal.web.inbox.laters import scheduled_url
from portal.web.inbox.people import first_name
from portal.web.inbox.places import SENT
from portal.web.templatetags.officinal import full_moment

MOST = 100
LATER, LEFT = "Envois prévus", "Envoyés"


def with_scheduled(me: User, sent: tuple[Row, ...], current: UUID | None) -> tuple[Row, ...]:
    """One query. A conversation in which an answer leaves later stands there, and not below as well."""
    rows: dict[UUID, Row] = {}
    for draft in scheduled_seen_by(me)[:MOST]:
        each = _row(draft, current)
        rows.setdefault(each.conversation_id, each)
    if not rows:
        return sent
    others = [dataclasses.replace(row, group=LEFT) for row in sent if row.conversation_id not in rows]
    return (*rows.values(), *others)


def _row(draft: Draft, current: UUID | None) -> Row:
    at = draft.leaves_at or draft.updated_at
    chips = (
        Chip(f"Part {full_moment(at, timezone.now())}", icon="clock"),
        Chip(first_name(draft.author.display_name), icon="user"),
    )
    return draft_row(
        draft, at=at, chips=chips, place=SENT, url=scheduled_url(draft), group=LATER, current=current
    )
