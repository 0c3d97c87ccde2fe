"""Find the first row of a journal that is not what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice


class Fault(StrEnum):
    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it stands in the table; ids as text."""

    n: int
    at_us: int
    actor_kind: str
    actor: str | None
    event: str
    object_kind: str
    object_id: str | None
    detail: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Where a chain ended: at the head row now, or at an anchor once."""

    n: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and the number of the first entry concerned (of the range up to `until`, when given)."""

    fault: Fault
    n: int
    until: int | None = None


def digest(row: Row, place: int | None = None) -> bytes:
    """The hash of a row, or what it would be at another place: the bytes that the trigger hashes.

    PostgreSQL writes the same text for `jsonb_build_array`, which holds integers, texts and nulls only.
    """
    content = [
        row.n if place is None else place,
        row.at_us,
        row.actor_kind,
        row.actor,
        row.event,
        row.object_kind,
        row.object_id,
        row.detail,
    ]
    return hashlib.sha256(row.previous + json.dumps(content, ensure_ascii=False).encode()).digest()


def verify(rows: Iterable[Row], head: End, anchors: Iterable[End] = ()) -> Finding | None:
    """The first fault of a journal, rows in order of `n`; None if it is whole."""
    marks = {anchor.n: anchor.hash for anchor in anchors}
    passed: list[bytes] = []  # the hashes of the rows found good
    anchored = 0
    remaining = iter(rows)
    for row in remaining:
        finding = _fault(row, passed, remaining, head)
        if finding is not None:
            return finding
        if marks.get(row.n, row.hash) != row.hash:
            return Finding(Fault.ALTERED, anchored + 1, row.n)
        anchored = row.n if row.n in marks else anchored
        passed.append(row.hash)
    return _wrong_end(passed, head, max(marks, default=0))


def _wrong_end(passed: list[bytes], head: End, anchored: int) -> Finding | None:
    length, last = len(passed), passed[-1] if passed else b""
    if length < max(head.n, anchored):
        return Finding(Fault.CUT, length + 1)
    if length > head.n:
        return Finding(Fault.INSERTED, head.n + 1)
    return Finding(Fault.ALTERED, length) if last != head.hash else None


def _fault(row: Row, passed: list[bytes], following: Iterator[Row], head: End) -> Finding | None:
    place, last = len(passed) + 1, passed[-1] if passed else b""
    if digest(row) != row.hash:
        return _misplaced(row, passed, following, head)
    if row.n != place:
        return Finding(Fault.REMOVED if row.n > place else Fault.INSERTED, min(place, row.n))
    if row.previous == last:
        return None
    # It holds together but does not follow the one before: it came in between, or that one was rewritten.
    if _next_belongs_at(place, following):
        return Finding(Fault.INSERTED, place)
    return Finding(Fault.ALTERED, max(place - 1, 1))


def _misplaced(row: Row, passed: list[bytes], following: Iterator[Row], head: End) -> Finding:
    """A row whose hash is not its own: altered where it stands, or true at another place."""
    place = len(passed) + 1
    home = next((n for n in range(1, max(head.n, row.n) + 2) if digest(row, n) == row.hash), None)
    if home is None:
        inserted = _next_belongs_at(place, following)
        return Finding(Fault.INSERTED if inserted else Fault.ALTERED, place)
    if home < place:
        copied = passed[home - 1] == row.hash
        return Finding(Fault.INSERTED, place if copied else home)
    exchanged = any(_belongs_at(place, other) for other in following)
    return Finding(Fault.REORDERED if exchanged else Fault.REMOVED, place)


def _next_belongs_at(place: int, following: Iterator[Row]) -> bool:
    return any(_belongs_at(place, row) for row in islice(following, 1))


def _belongs_at(place: int, row: Row) -> bool:
    return row.n != place and digest(row, place) == row.hash
