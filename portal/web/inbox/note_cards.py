"""Internal notes as the templates show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from portal.conversations.mentions import Handle
from portal.lib.ids import uuid7


@dataclass(frozen=True, slots=True)
class NoteCard:
    """A note between the messages: amber, and seen by the team alone."""

    id: UUID
    at: datetime
    author: str
    text: str
    to: str = ""  # whom it names: « Claire M. et vous »
    shape: ClassVar[str] = "note"


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note being written; `fault` says why it was not kept (422). The id is that of the note to be."""

    id: UUID = field(default_factory=uuid7)
    text: str = ""
    mention: UUID | None = None
    fault: str = ""
    people: tuple[Handle, ...] = ()  # who may be named in it
