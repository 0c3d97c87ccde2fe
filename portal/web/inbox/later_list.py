"""On top of « Envoyés »: what leaves later, the next first."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.utils import timezone

from portal.outbound.models import Draft
from portal.outbound.scheduling import scheduled_seen_by
from portal.team.models import User
from portal.web.inbox.cards import Chip, Correspondent, Row
from portal.web.inbox.laters import scheduled_url
from portal.web.inbox.people import correspondent, first_name, initials
from portal.web.inbox.places import SENT, conversation_url
from portal.web.inbox.reviews import peek
from portal.web.inbox.rows import NO_SUBJECT
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
    who, kind = _who(draft)
    key, at = draft.conversation_id or draft.pk, draft.leaves_at or draft.updated_at
    return Row(
        conversation_id=key,
        url=conversation_url(draft.conversation_id, SENT) if draft.conversation_id else scheduled_url(draft),
        who=who,
        initials=initials(who),
        kind=kind,
        at=at,
        subject=draft.subject or NO_SUBJECT,
        snippet=peek(draft),
        chips=(
            Chip(f"Part {full_moment(at, timezone.now())}", icon="clock"),
            Chip(first_name(draft.author.display_name), icon="user"),
        ),
        current=key == current,
        group=LATER,
        in_place=draft.conversation_id is not None,
    )


def _who(draft: Draft) -> tuple[str, Correspondent]:
    if draft.conversation is not None:
        return correspondent(draft.conversation)
    return ", ".join(draft.recipients) or "Nouveau message", "pro"
