"""Who of the team has read what. It decides nothing: *À traiter* never depends on reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
from portal.conversations import concerns
from portal.conversations.models import Conversation, ReadMark

if TYPE_CHECKING:
    from portal.team.models import User

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # marked unread by hand


@dataclass(frozen=True, slots=True)
class Reader:
    """A member of the team who opened the conversation, last `at`, when it stood at `version`."""

    user_id: UUID
    version: int
    at: datetime


def read_by(user_id: UUID, *, conversation: str = "pk") -> Subquery:
    """Up to which version this person has read it, or null: for a list, inside its own statement.

    `conversation` is the path to its key, in a query of something else.
    """
    mine = ReadMark.objects.filter(conversation=OuterRef(conversation), user=user_id)
    return Subquery(mine.values("version"))


def readers_of() -> ArraySubquery:
    """All that have opened it, inside the statement that loads a conversation."""
    marks = ReadMark.objects.filter(conversation=OuterRef("pk")).order_by("at")
    return ArraySubquery(marks.values(mark=JSONObject(user="user_id", version="version", at="at")))


def is_unread(conversation: Conversation, me: User, *, read: int | None) -> bool:
    """Whether something came in since `me` last read it, in the version `read`.

    What colleagues had opened before one's own time here is not waited for.
    """
    received = conversation.last_received_at
    if received is None:
        return False
    if read is None:
        return conversation.unopened or received > me.created_at
    return read < conversation.received_version


def readers(conversation: Conversation) -> list[Reader]:
    """Who opened it, the last one last: without a query where it was loaded through access.py."""
    known = conversation.__dict__.get("readers")
    if known is not None:
        return [
            Reader(UUID(each["user"]), each["version"], datetime.fromisoformat(each["at"])) for each in known
        ]
    marks = ReadMark.objects.filter(conversation=conversation).order_by("at")
    return [Reader(mark.user_id, mark.version, mark.at) for mark in marks]


def note_read(conversation: Conversation, *, by: User) -> None:
    """Remember that `by` reads it as it stands; nothing is written where nothing moved. Called as `mark_opened` is."""
    known, version = readers(conversation), conversation.version
    if any(reader.user_id == by.pk and reader.version >= version for reader in known):
        return
    mark = ReadMark(conversation=conversation, user=by, version=version, at=timezone.now())
    ReadMark.objects.bulk_create(
        [mark], update_conflicts=True, unique_fields=["conversation", "user"], update_fields=["version", "at"]
    )
    others = [reader for reader in known if reader.user_id != by.pk]
    mine = Reader(by.pk, version, mark.at)
    conversation.__dict__["readers"] = [_written(reader) for reader in (*others, mine)]


def mark_unread(conversation: Conversation, *, by: User) -> None:
    """Have it in bold again for `by` alone: colleagues see no change, and its version does not move."""
    with transaction.atomic():
        if ReadMark.objects.filter(conversation=conversation, user=by).update(version=0, at=NEVER):
            concerns.look_again(conversation.pk, by=by)
            record(Event.CONVERSATION_UNREAD, by=by, on=("conversation", conversation.pk))


def read_all(conversation: Conversation) -> dict[UUID, datetime]:
    """Who has read everything in it, and when they last opened it."""
    marks = ReadMark.objects.filter(conversation=conversation)
    return {mark.user_id: mark.at for mark in marks if mark.version >= conversation.received_version}


def readers_since(conversation: Conversation, moment: datetime) -> dict[UUID, datetime]:
    """Who has opened it since."""
    marks = ReadMark.objects.filter(conversation=conversation, at__gte=moment, version__gt=0)
    return {mark.user_id: mark.at for mark in marks}


def openers(*conversations: Conversation) -> set[UUID]:
    """Who has opened any of them."""
    return set(ReadMark.objects.filter(conversation__in=conversations).values_list("user", flat=True))


def mark_anew(conversation: Conversation, read: Mapping[UUID, datetime], *, among: Collection[UUID]) -> None:
    """It was joined or split, and stands at its version: of those who opened it, these have read all of it.

    It is held, and saved afterwards. The others find it in bold: better than to say of a message that somebody has
    read it, when she has not.
    """
    version = conversation.version
    conversation.received_version = version
    marks = [
        ReadMark(
            conversation=conversation,
            user_id=user,
            version=version if user in read else 0,
            at=read.get(user, NEVER),
        )
        for user in sorted({*among, *read})
    ]
    ReadMark.objects.bulk_create(
        marks, update_conflicts=True, unique_fields=["conversation", "user"], update_fields=["version", "at"]
    )


def _written(reader: Reader) -> dict[str, str | int]:
    """As `readers_of` gives it."""
    return {"user": str(reader.user_id), "version": reader.version, "at": reader.at.isoformat()}
