"""The team's lists: fifty rows at a time by key, from clear columns; what is shown is opened, nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet

from portal.conversations.models import Conversation, ConversationQuerySet
from portal.conversations.reading import read_by
from portal.lib.prepared import prepared
from portal.team.models import User

PAGE = 50


class View(StrEnum):
    OPEN = "open"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: the next one begins after it."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Page:
    """Rows, newest first; `following` is None at the end."""

    rows: list[Conversation]
    following: Cursor | None


def page(user: User, view: View, *, after: Cursor | None = None) -> Page:
    """One page of a view, in one query; each row with the names of its assignees, and when `user` last `read` it."""
    return _page(_rows_of_view(user.id, view, *_key(after)))


def beside(user: User, view: View, conversation: Conversation) -> Page:
    """Of a view only the row of this conversation, if it is there, and the one below; at its end the first one."""
    rows = _row_and_next(user.id, view, conversation.last_message_at, conversation.pk)
    if all(row.pk == conversation.pk for row in rows):
        rows += page(user, view).rows[:1]
    return Page(rows, None)


def labelled(user: User, label_id: UUID, *, after: Cursor | None = None) -> Page:
    """The same of whatever has a label, in any state."""
    return _page(_rows_with_label(user.id, label_id, *_key(after)))


def newer_than(user: User, view: View, newest: Cursor) -> int:
    """How many rows something came into since the top of somebody's screen was made, PAGE at most.

    What the team itself sent since is no news.
    """
    return len(_came_in(user.id, view, newest.at, newest.id))


def _page(rows: list[Conversation]) -> Page:
    """One row more than the page tells that there is another."""
    shown = rows[:PAGE]
    return Page(shown, Cursor(shown[-1].last_message_at, shown[-1].id) if len(rows) > PAGE else None)


def _key(after: Cursor | None) -> tuple[datetime, UUID] | tuple[None, None]:
    return (after.at, after.id) if after else (None, None)


@prepared
def _rows_of_view(user_id: UUID, view: View, at: datetime | None, pk: UUID | None) -> QuerySet[Conversation]:
    return _rows(_in_view(view, user_id), user_id, at, pk)


@prepared
def _row_and_next(user_id: UUID, view: View, at: datetime, pk: UUID) -> QuerySet[Conversation]:
    found = _in_view(view, user_id).filter(Q(last_message_at__lt=at) | Q(id__lte=pk), last_message_at__lte=at)
    return found.newest_first().for_lists().annotate(read=read_by(user_id))[:2]


@prepared
def _rows_with_label(
    user_id: UUID, label_id: UUID, at: datetime | None, pk: UUID | None
) -> QuerySet[Conversation]:
    return _rows(Conversation.objects.visible_to(user_id).labelled(label_id), user_id, at, pk)


@prepared
def _came_in(user_id: UUID, view: View, at: datetime, pk: UUID) -> QuerySet[Conversation, UUID]:
    later = Q(last_received_at__gt=at) | Q(last_message_at=at, id__gt=pk)
    found = _in_view(view, user_id).filter(later, last_message_at__gte=at)
    ids: QuerySet[Conversation, UUID] = found.values_list("pk", flat=True)[:PAGE]
    return ids


def _rows(
    conversations: ConversationQuerySet, user_id: UUID, at: datetime | None, pk: UUID | None
) -> QuerySet[Conversation]:
    """Those that come after the key (`at`, `pk`)."""
    found = conversations.newest_first()
    if at is not None:
        found = found.filter(Q(last_message_at__lt=at) | Q(id__lt=pk), last_message_at__lte=at)
    return found.for_lists().annotate(read=read_by(user_id))[: PAGE + 1]


def _in_view(view: View, user_id: UUID) -> ConversationQuerySet:
    conversations = Conversation.objects.visible_to(user_id)
    if view == View.MINE:
        return conversations.open().assigned_to(user_id)
    return _VIEWS[view](conversations)


_VIEWS: dict[View, Callable[[ConversationQuerySet], ConversationQuerySet]] = {
    View.OPEN: lambda found: found.open(),
    View.UNASSIGNED: lambda found: found.open().unassigned(),
    View.WAITING: lambda found: found.waiting(),
    View.SENT: lambda found: found.written_to(),
    View.DONE: lambda found: found.done(),
    View.BLOCKED: lambda found: found.filter(blocked=True),
}
