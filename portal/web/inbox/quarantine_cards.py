"""A message that could not be filed, as the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing known of an unreadable message: « Relevé dans », « INBOX »."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class QuarantineCard:
    """What could not be filed: why, what is safe, what to do, and the bytes themselves."""

    raw_id: UUID
    at: datetime
    size: int
    reason: str
    advice: str
    clues: tuple[Clue, ...] = ()
    download_url: str = ""
    may_replay: bool = False
    may_dismiss: bool = False
    back_url: str = ""
    back_label: str = ""
