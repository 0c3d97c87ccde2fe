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
    HERE = "here"  # somebody looks at or writes in a conversation, in `tab`; `at` says who and what
    GONE = "gone"  # a tab was closed, or its line broke
    SESSION = "session"  # somebody's sessions: whether they may still listen is asked again at once


class NotTold(ValueError):
    """A notification that is none of ours."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who may hear it: all of a pharmacy, those who see one `mailbox`, or one `person` alone.

    Presence alone carries more than ids: `tab`, and `at`, whose words are a colleague's name and what she does.
    """

    pharmacy: UUID
    kind: Kind
    id: UUID | None = None
    mailbox: UUID | None = None
    person: UUID | None = None
    tab: UUID | None = None
    at: str = ""

    def written(self) -> str:
        """At most 600 letters: PostgreSQL carries 8,000."""
        ids = {"id": self.id, "mailbox": self.mailbox, "person": self.person, "tab": self.tab}
        known = {name: value.hex for name, value in ids.items() if value is not None}
        if self.at:
            known["at"] = self.at
        return json.dumps({"pharmacy": self.pharmacy.hex, "kind": self.kind, **known}, separators=(",", ":"))


def read(text: str) -> Told:
    """Raises NotTold."""
    try:
        found = json.loads(text)
        ids = {name: UUID(found[name]) for name in ("id", "mailbox", "person", "tab") if name in found}
        return Told(UUID(found["pharmacy"]), Kind(found["kind"]), at=str(found.get("at", "")), **ids)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotTold from error
