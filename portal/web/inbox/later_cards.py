"""What leaves later, as the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LaterFile:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class LaterCard:
    """One message that is held until `at`; `on` and `time` are what its fields hold. `by` scheduled it, where that
    is not its author."""

    id: UUID
    at: datetime
    on: str
    time: str
    author: str
    to: str
    subject: str
    text: str
    by: str = ""
    signature: str = ""
    files: tuple[LaterFile, ...] = ()
    mine: bool = False
    may_change: bool = False
