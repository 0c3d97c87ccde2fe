"""The view « À valider »: what waits for a pharmacist, and on top what a pharmacist gave back to who looks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from portal.outbound.approval import submitted_seen_by
from portal.outbound.models import Draft
from portal.team.models import User
from portal.web.inbox.cards import Chip, ListCard, Row
from portal.web.inbox.draft_rows import draft_row
from portal.web.inbox.people import first_name
from portal.web.inbox.places import REVIEW
from portal.web.inbox.reviews import returned_to
from portal.web.inbox.rows import RETURNED
from portal.web.paths import path

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
    row = partial(draft_row, place=REVIEW, current=current)
    for draft in back:
        by = draft.returned_by
        why = f"Renvoyé par {first_name(by.display_name)}" if by else "Envoi prévu arrêté"
        chips = (RETURNED, Chip(why, icon="undo-2"))
        url = path("compose_draft", draft.pk)
        yield row(draft, at=draft.returned_at or draft.updated_at, chips=chips, url=url, group=BACK)
    for draft in waiting:
        author = Chip(first_name(draft.author.display_name), icon="user")
        url = path("submitted", draft.pk)
        yield row(draft, at=draft.submitted_at or draft.updated_at, chips=(author,), url=url, group=WAITING)
