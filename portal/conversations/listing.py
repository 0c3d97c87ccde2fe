"""The team's lists: fifty rows at a time by key, from clear columns; what is shown is opened, nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from portal.conversations.models import Conversation, ConversationQuerySet
from portal.conversations.reading import read_by
from portal.team.models import User

PAGE = 50


class View(StrEnum):
    OPEN = "open"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"


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


def page(user: User, view: View, *, after: Cursor | None = None, size: int = PAGE) -> Page:
    """One page of a view, in one query; each row with the names of its assignees, and when `user` last `read` it."""
    return _page(_in_view(Conversation.objects.visible_to(user.id), view, user), user, after, size)


def labelled(user: User, label_id: UUID, *, after: Cursor | None = None, size: int = PAGE) -> Page:
    """The same of whatever has a label, in any state."""
    return _page(Conversation.objects.visible_to(user.id).labelled(label_id), user, after, size)


def newer_than(user: User, view: View, newest: Cursor) -> int:
    """How many rows something came into since the top of somebody's screen was made, PAGE at most.

    What the team itself sent since is no news.
    """
    found = _in_view(Conversation.objects.visible_to(user.id), view, user)
    later = Q(last_received_at__gt=newest.at) | Q(last_message_at=newest.at, id__gt=newest.id)
    return found.filter(later, last_message_at__gte=newest.at)[:PAGE].count()


def _page(conversations: ConversationQuerySet, user: User, after: Cursor | None, size: int) -> Page:
    found = conversations.newest_first()
    if after is not None:
        earlier = Q(last_message_at__lt=after.at) | Q(id__lt=after.id)
        found = found.filter(earlier, last_message_at__lte=after.at)
    rows = list(found.for_lists().annotate(read=read_by(user.id))[: size + 1])
    shown = rows[:size]
    return Page(shown, Cursor(shown[-1].last_message_at, shown[-1].id) if len(rows) > size else None)


def _in_view(conversations: ConversationQuerySet, view: View, user: User) -> ConversationQuerySet:
    if view == View.MINE:
        return conversations.open().assigned_to(user.id)
    return _VIEWS[view](conversations)


_VIEWS: dict[View, Callable[[ConversationQuerySet], ConversationQuerySet]] = {
    View.OPEN: lambda found: found.open(),
    View.UNASSIGNED: lambda found: found.open().unassigned(),
    View.WAITING: lambda found: found.waiting(),
    View.SENT: lambda found: found.written_to(),
    View.DONE: lambda found: found.done(),
}
