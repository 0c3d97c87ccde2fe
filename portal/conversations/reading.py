"""Who of the team has read what. It decides nothing: *À traiter* never depends on reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.models import Conversation, ReadMark

if TYPE_CHECKING:
    from portal.team.models import User

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # marked unread by hand


@dataclass(frozen=True, slots=True)
class Reader:
    """A member of the team who opened the conversation, last `at`: all that was there by then is read."""

    user_id: UUID
    at: datetime


def read_by(user_id: UUID, *, conversation: str = "pk") -> Subquery:
    """When this person last read it, or null: for a list, inside its own statement.

    `conversation` is the path to its key, in a query of something else.
    """
    mine = ReadMark.objects.filter(conversation=OuterRef(conversation), user=user_id)
    return Subquery(mine.values("at"))


def readers_of() -> ArraySubquery:
    """All that have opened it, inside the statement that loads a conversation."""
    marks = ReadMark.objects.filter(conversation=OuterRef("pk")).order_by("at")
    return ArraySubquery(marks.values(mark=JSONObject(user="user_id", at="at")))


def is_unread(conversation: Conversation, me: User, *, read: datetime | None) -> bool:
    """Whether something came in since `me` last read it, at `read`.

    What colleagues had opened before one's own time here is not waited for.
    """
    received = conversation.last_received_at
    if received is None:
        return False
    return received > (read or me.created_at) or (read is None and conversation.unopened)


def readers(conversation: Conversation) -> list[Reader]:
    """Who opened it, the last one last: without a query where it was loaded through access.py."""
    known = conversation.__dict__.get("readers")
    if known is not None:
        return [Reader(UUID(each["user"]), datetime.fromisoformat(each["at"])) for each in known]
    marks = ReadMark.objects.filter(conversation=conversation).order_by("at")
    return [Reader(mark.user_id, mark.at) for mark in marks]


def note_read(conversation: Conversation, *, by: User) -> None:
    """Remember that `by` reads it now; nothing is written where nothing came since. Called as `mark_opened` is."""
    known = readers(conversation)
    if any(reader.user_id == by.pk and reader.at >= conversation.last_message_at for reader in known):
        return
    # Clocks of two machines may differ: what is on this screen is read, whatever they say.
    at = max(timezone.now(), conversation.last_message_at)
    mark = ReadMark(conversation=conversation, user=by, at=at)
    ReadMark.objects.bulk_create(
        [mark], update_conflicts=True, unique_fields=["conversation", "user"], update_fields=["at"]
    )
    others = [reader for reader in known if reader.user_id != by.pk]
    conversation.__dict__["readers"] = [_written(reader) for reader in (*others, Reader(by.pk, at))]


def mark_unread(conversation: Conversation, *, by: User) -> None:
    """Have it in bold again for `by` alone: colleagues see no change, and its version does not move."""
    with transaction.atomic():
        if ReadMark.objects.filter(conversation=conversation, user=by).update(at=NEVER):
            record(Event.CONVERSATION_UNREAD, by=by, on=("conversation", conversation.pk))


def _written(reader: Reader) -> dict[str, str]:
    """As `readers_of` gives it."""
    return {"user": str(reader.user_id), "at": reader.at.isoformat()}
