"""A colleague's unfinished answer, and what a draft said before: frozen cards for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TheirDraft:
    """A colleague's unfinished answer, to read; `has_pen`: she writes it now, since `since`."""

    id: UUID
    by: str
    at: datetime
    text: str
    since: datetime
    has_pen: bool = False


@dataclass(frozen=True, slots=True)
class VersionCard:
    """What a draft said at one moment."""

    id: UUID
    at: datetime
    to: str
    subject: str
    text: str
