"""What one process tells the others, and they the browsers: that something changed, by ids alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

CHANNEL = "officinal_live"


class Kind(StrEnum):
    """What changed; a browser asks for it again, and nothing is told of what it says now."""

    CONVERSATION = "conversation"  # its state, its messages, what is counted of it; `id` is the conversation
    MAIL = "mail"  # something was received; `id` is the conversation
    COUNTS = "counts"  # a number beside a view
    SESSION = "session"  # somebody's sessions: whether they may still listen is asked again at once


class NotTold(ValueError):
    """A notification that is none of ours."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who may hear it: all of a pharmacy, those who see one `mailbox`, or one `person` alone."""

    pharmacy: UUID
    kind: Kind
    id: UUID | None = None
    mailbox: UUID | None = None
    person: UUID | None = None

    def written(self) -> str:
        """At most 250 letters: PostgreSQL carries 8,000."""
        ids = {"id": self.id, "mailbox": self.mailbox, "person": self.person}
        known = {name: value.hex for name, value in ids.items() if value is not None}
        return json.dumps({"pharmacy": self.pharmacy.hex, "kind": self.kind, **known}, separators=(",", ":"))


def read(text: str) -> Told:
    """Raises NotTold."""
    try:
        found = json.loads(text)
        ids = {name: UUID(found[name]) for name in ("id", "mailbox", "person") if name in found}
        return Told(UUID(found["pharmacy"]), Kind(found["kind"]), **ids)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotTold from error
