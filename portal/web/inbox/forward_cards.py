"""A message that is forwarded, as the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ForwardFile:
    """A file that may go along."""

    id: UUID
    name: str
    size: int
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Forwards:
    """Of a message: where one forwards it; and for one that forwards another, whose that is and where."""

    url: str = ""
    of: str = ""
    of_url: str = ""
