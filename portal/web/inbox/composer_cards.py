"""What stands around the words of a message that is written: to whom it goes, and how it is signed."""

from __future__ import annotations

from dataclasses import dataclass


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
