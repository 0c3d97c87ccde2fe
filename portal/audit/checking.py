"""Check one pharmacy's journal against its head and its anchors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Subquery

from portal.audit.anchors import anchors
from portal.audit.chain import End, Finding, Row, verify
from portal.audit.models import Entry, Head

COLUMNS = (
    *("n", "at_us", "actor_kind", "actor", "event", "object_kind", "object_id", "detail"),
    *("previous", "hash"),
)
CHUNK = 2000


@dataclass(frozen=True)
class Check:
    """How many entries were read, and the first fault if there is one."""

    entries: int
    finding: Finding | None


def anchors_by_pharmacy() -> dict[UUID, list[End]]:
    """Raises what reading the anchor file raises: NoAnchorKey, AnchorForged."""
    found: dict[UUID, list[End]] = defaultdict(list)
    for anchor in anchors():
        found[anchor.pharmacy_id].append(End(anchor.n, anchor.hash))
    return found


def check_journal(marks: list[End]) -> Check:
    """Read the journal of the pharmacy one is in, and verify it."""
    reading = _Reading()
    finding = verify(reading, reading.head, marks)
    return Check(reading.count, finding)


class _Reading:
    """The rows, read in one statement with the head, so that an entry added meanwhile is no fault."""

    def __init__(self) -> None:
        self.count = 0
        self._raw = self._query()
        self._first = next(self._raw, None)
        self.head = _head_of(self._first)

    def __iter__(self) -> Iterator[Row]:
        following = self._first
        while following is not None:
            self.count += 1
            yield _row(following)
            following = next(self._raw, None)

    @staticmethod
    def _query() -> Iterator[tuple[object, ...]]:
        head = Head.objects.filter(id=1)
        rows = Entry.objects.annotate(
            head_n=Subquery(head.values("n")), head_hash=Subquery(head.values("hash"))
        )
        return iter(
            rows.order_by("n").values_list(*COLUMNS, "head_n", "head_hash").iterator(chunk_size=CHUNK)
        )


def _head_of(first: tuple[object, ...] | None) -> End:
    if first is not None:
        n, digest = first[-2:]
        return End(_int(n), _bytes(digest))
    head = Head.objects.first()
    return End(0, b"") if head is None else End(head.n, bytes(head.hash))


def _row(values: tuple[object, ...]) -> Row:
    n, at_us, actor_kind, actor, event, object_kind, object_id, detail, previous, digest = values[:10]
    return Row(
        _int(n),
        _int(at_us),
        str(actor_kind),
        None if actor is None else str(actor),
        str(event),
        str(object_kind),
        None if object_id is None else str(object_id),
        str(detail),
        _bytes(previous),
        _bytes(digest),
    )


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else b""
