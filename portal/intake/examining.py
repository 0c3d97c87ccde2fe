"""What a page must be to be taken: a photo or a PDF that opens, and that an antivirus has examined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.documents.antivirus import Verdict, may_open, scan
from portal.documents.rendering import Illegible, open_at_the_door
from portal.documents.sniff import Kind, kind_of
from portal.lib.confined import ChildUnavailable

ACCEPTED = frozenset({Kind.JPEG, Kind.PNG, Kind.HEIC, Kind.PDF})
MOST_FILES = 10
MOST_BYTES = 20 * 1024 * 1024  # of all files together
MOST_PAGES = 30  # of one PDF


class Why(StrEnum):
    """Why a page is not taken; the first four are what the child says of a document."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too-large"
    TOO_COSTLY = "too-costly"
    EMPTY = "empty"
    KIND = "kind"
    INFECTED = "infected"
    UNEXAMINED = "unexamined"
    BUSY = "busy"
    TOO_BIG = "too-big"
    TOO_MANY = "too-many"
    TOO_LONG = "too-long"
    TOO_MUCH = "too-much"  # the limits of throttle.py


class PageRefused(Exception):
    """This page was not taken; those before it were."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is, and how many pages it has."""

    kind: Kind
    pages: int


def examine(data: bytes) -> Examined:
    """Look at a file's bytes alone, whatever it is called: sniff it, have it scanned, open it in the confined child.

    Raises PageRefused.
    """
    if not data:
        raise PageRefused(Why.EMPTY)
    if len(data) > MOST_BYTES:
        raise PageRefused(Why.TOO_BIG)
    kind = kind_of(data)
    if kind not in ACCEPTED:
        raise PageRefused(Why.KIND)
    verdict = scan(data)
    if verdict == Verdict.INFECTED:
        raise PageRefused(Why.INFECTED)
    if not may_open(verdict):
        raise PageRefused(Why.UNEXAMINED)
    pages = _opened(data, kind)
    if pages > MOST_PAGES:
        raise PageRefused(Why.TOO_LONG)
    return Examined(kind, pages)


def _opened(data: bytes, kind: Kind) -> int:
    """Draw the first page small: what does not decode is seen now, while the patient can take another photo."""
    try:
        pages = open_at_the_door(data, kind)
    except Illegible as error:
        raise PageRefused(Why(error.code)) from error
    except ChildUnavailable as error:
        raise PageRefused(Why.BUSY) from error
    if not pages:
        raise PageRefused(Why.DAMAGED)
    return pages
