"""What waits for a pharmacist, as the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from portal.web.inbox.cards import HeldCard


@dataclass(frozen=True, slots=True)
class ReturnNote:
    """Why it was given back: what a pharmacist said, or by nobody what stopped its sending."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ReviewTyped:
    """What a pharmacist typed and what is in its way; `body` is a correction, `note` a reason to give it back."""

    draft_id: UUID
    body: str | None = None
    note: str | None = None
    fault: str = ""
    held: HeldCard | None = None


@dataclass(frozen=True, slots=True)
class SubmittedFile:
    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class SubmittedCard:
    """One draft that waits. `brought_by` took it back from the queue, where that is not its author; `body` and
    `note` are not None where a fold is open with what was typed."""

    id: UUID
    version: int
    author: str
    at: datetime
    to: str
    subject: str
    text: str
    signature: str = ""
    files: tuple[SubmittedFile, ...] = ()
    mine: bool = False
    may_approve: bool = False
    brought_by: str = ""
    returned: ReturnNote | None = None
    body: str | None = None
    note: str | None = None
    fault: str = ""
    held: HeldCard | None = None

    @property
    def correction(self) -> str:
        return self.text if self.body is None else self.body
