"""The view « À valider »: what waits for a pharmacist, and on top what a pharmacist gave back to who looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from portal.outbound.approval import submitted_seen_by
from portal.outbound.models import Draft
from portal.team.models import User
from portal.web.inbox.cards import Chip, Correspondent, ListCard, Row
from portal.web.inbox.people import correspondent, first_name, initials
from portal.web.inbox.places import REVIEW, conversation_url
from portal.web.inbox.reviews import peek, returned_to
from portal.web.inbox.rows import NO_SUBJECT, RETURNED

MOST = 100
BACK, WAITING = "À reprendre", "En attente d’un pharmacien"
NOT_ALL = f"Les {MOST} plus anciens sont affichés : les suivants apparaîtront quand ceux-ci seront traités."


def review_page(me: User, current: UUID | None) -> ListCard:
    """Two queries. A conversation in which several drafts wait stands where the oldest one does, once."""
    waiting = list(submitted_seen_by(me)[: MOST + 1])
    rows: dict[UUID, Row] = {}
    for each in _rows(returned_to(me), waiting[:MOST], current):
        rows.setdefault(each.conversation_id, each)
    return ListCard(
        view=REVIEW.slug,
        title=REVIEW.label,
        rows=tuple(rows.values()),
        remark=NOT_ALL if len(waiting) > MOST else "",
    )


def _rows(back: list[Draft], waiting: list[Draft], current: UUID | None) -> Iterator[Row]:
    for draft in back:
        by = draft.returned_by
        why = f"Renvoyé par {first_name(by.display_name)}" if by else "Envoi prévu arrêté"
        chips = (RETURNED, Chip(why, icon="undo-2"))
        url = reverse("compose_draft", args=[draft.pk])
        yield _row(draft, draft.returned_at or draft.updated_at, chips, url, BACK, current)
    for draft in waiting:
        author = Chip(first_name(draft.author.display_name), icon="user")
        url = reverse("submitted", args=[draft.pk])
        yield _row(draft, draft.submitted_at or draft.updated_at, (author,), url, WAITING, current)


def _row(
    draft: Draft, at: datetime, chips: tuple[Chip, ...], url: str, group: str, current: UUID | None
) -> Row:
    who, kind = _who(draft)
    key = draft.conversation_id or draft.pk
    return Row(
        conversation_id=key,
        url=conversation_url(draft.conversation_id, REVIEW) if draft.conversation_id else url,
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
