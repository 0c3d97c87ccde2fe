"""What stands around the words of a message that is written: to whom it goes, and how it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SignatureCard:
    """What is put under the words: its first line, all of it, and the mark by which the form names it."""

    line: str
    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """`to` is whom it goes to now, `writer` who wrote, `others` whom else the message went to."""

    to: str
    writer: str
    others: str
    everybody: bool


@dataclass(frozen=True, slots=True)
class SenderCard:
    """A mailbox that a new message may leave from; `own`: nobody else reads what is in it."""

    id: UUID
    label: str
    address: str
    own: bool
    chosen: bool
