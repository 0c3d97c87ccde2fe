"""Internal notes: what the team says to itself beside the mails, and never sends anywhere."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.mentions import SIGN, NotMentionable, handles, named_in
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.search import tokens_of
from portal.lib.text import many_lines
from portal.team.models import User

LONGEST_NOTE = 10_000  # characters


class EmptyNote(Exception):
    """There is nothing in it."""


class NoteTooLong(Exception):
    """It has more than LONGEST_NOTE characters."""


def add_note(
    conversation: Conversation, *, note_id: UUID, text: str, by: User, mention: UUID | None = None
) -> None:
    """Write a note under the id with which the page was made: a second click finds the first one's.

    A note changes nothing that another person may be changing, so it neither asks for a version nor raises it:
    nobody's reply is held up by it. It leaves the place of the conversation in the lists as it was.
    Who is named in it (« @Claire »), or chosen as `mention`, finds it in *Notifications*; the note keeps their ids.

    Raises:
        EmptyNote, NoteTooLong, NotMentionable: see there; nothing was written.
    """
    written = many_lines(text).strip()
    if not written:
        raise EmptyNote
    if len(written) > LONGEST_NOTE:
        raise NoteTooLong
    with transaction.atomic():
        held = locked(conversation.pk)  # a second click waits here
        if Message.objects.filter(pk=note_id).exists():
            return
        named = _named(written, mention, held, by)
        Message.objects.create(
            id=note_id,
            conversation=held,
            kind=MessageKind.NOTE,
            at=timezone.now(),
            author=by,
            text=written,
            headers={"mentions": [str(person) for person in named]} if named else {},
            tokens=tokens_of(subject="", people=(), text=written, files=()),
        )
        concerns.tell(ConcernKind.MENTION, named, on=held, by=by)
        told = f" mentions={len(named)}" if named else ""
        record(Event.NOTE_ADD, by=by, on=("message", note_id), detail=f"conversation={held.pk}{told}")


def mentioned(note: Message) -> list[UUID]:
    """Whom a note names."""
    return [UUID(person) for person in note.headers.get("mentions", [])]


def _named(text: str, chosen: UUID | None, conversation: Conversation, by: User) -> list[UUID]:
    """No query for a note that names nobody."""
    if SIGN not in text and chosen is None:
        return []
    known = handles(User.objects.filter(active=True), conversation.mailbox, besides=by.pk)
    if chosen is not None and chosen not in {handle.id for handle in known}:
        raise NotMentionable
    return list(dict.fromkeys([*named_in(text, known), *([chosen] if chosen else [])]))
