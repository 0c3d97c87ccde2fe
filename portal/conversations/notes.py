"""Internal notes: what the team says to itself beside the mails, and never sends anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.search import tokens_of
from portal.lib.text import many_lines

if TYPE_CHECKING:
    from portal.team.models import User

LONGEST_NOTE = 10_000  # characters


class EmptyNote(Exception):
    """There is nothing in it."""


class NoteTooLong(Exception):
    """It has more than LONGEST_NOTE characters."""


def add_note(conversation: Conversation, *, note_id: UUID, text: str, by: User) -> None:
    """Write a note under the id with which the page was made: a second click finds the first one's.

    A note changes nothing that another person may be changing, so it neither asks for a version nor raises it:
    nobody's reply is held up by it. It leaves the place of the conversation in the lists as it was.

    Raises:
        EmptyNote, NoteTooLong: see there; nothing was written.
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
        Message.objects.create(
            id=note_id,
            conversation=held,
            kind=MessageKind.NOTE,
            at=timezone.now(),
            author=by,
            text=written,
            tokens=tokens_of(subject="", people=(), text=written, files=()),
        )
        record(Event.NOTE_ADD, by=by, on=("message", note_id), detail=f"conversation={held.pk}")
