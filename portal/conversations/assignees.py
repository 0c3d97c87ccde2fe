"""Whose a conversation is: ids in its own row (adr/0020), and their names by the statement that loads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, OuterRef
from django.db.models.functions import JSONObject

from portal.team.models import User

if TYPE_CHECKING:
    from portal.conversations.models import Conversation


@dataclass(frozen=True, slots=True)
class Assignee:
    """One of those who have a conversation."""

    id: UUID
    display_name: str
    role: str


def assignees_of(column: str = "assignees") -> ArraySubquery:
    """To be annotated as `assigned`, so that a list knows the names in its own statement.

    `column` is the path to the ids, in a query of something else.
    """
    among = Func(
        F("pk"),
        OuterRef(column),
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )
    theirs = User.objects.filter(among)
    return ArraySubquery(theirs.values(person=JSONObject(id="id", name="display_name", role="role")))


def assignees(conversation: Conversation) -> tuple[Assignee, ...]:
    """Those who have it, in the order in which they got it: a query only where `assigned` was not annotated."""
    known = conversation.__dict__.get("assigned")
    if known is not None:
        return in_order(conversation, known)
    if not conversation.assignees:
        return ()
    rows = User.objects.filter(pk__in=conversation.assignees).values("id", "role", name=F("display_name"))
    return in_order(conversation, rows)


def in_order(conversation: Conversation, rows: Iterable[Mapping[str, Any]]) -> tuple[Assignee, ...]:
    """Whoever got it meanwhile and is not in `rows` is left out."""
    found = {UUID(str(row["id"])): row for row in rows}
    return tuple(
        Assignee(each, found[each]["name"], found[each]["role"])
        for each in conversation.assignees
        if each in found
    )
