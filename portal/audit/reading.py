"""Read the journal: which entries, newest first, and whether what is read is what was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Subquery

from portal.audit.chain import Row, digest
from portal.audit.models import EPOCH, Entry, Head
from portal.vault.fields import SealedQuerySet

PAGE = 50
# A clock that is set back breaks the order of numbers and moments by that much at most.
SLACK = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is None or empty does not matter. `until` itself is not included."""

    actor: UUID | None = None
    actor_kind: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None
    object_id: UUID | None = None


def entries(wanted: Wanted) -> SealedQuerySet[Entry]:
    """Newest first."""
    found = Entry.objects.order_by("-n")
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.actor_kind:
        found = found.filter(actor_kind=wanted.actor_kind)
    if wanted.event:
        found = found.filter(event=wanted.event)
    if wanted.object_id:
        found = found.filter(object_id=wanted.object_id)
    if wanted.since:
        found = found.filter(at_us__gte=_microseconds(wanted.since), n__gte=_first_from(wanted.since - SLACK))
    if wanted.until:
        found = found.filter(at_us__lt=_microseconds(wanted.until), n__lte=_last_before(wanted.until + SLACK))
    return found


def page(wanted: Wanted, *, before: int | None = None) -> tuple[list[Entry], int | None]:
    """Fifty entries, and the number before which the next ones are."""
    found = entries(wanted)
    rows = list((found.filter(n__lt=before) if before else found)[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].n if len(rows) > PAGE else None


def length() -> int:
    """How many entries the chain has."""
    head = Head.objects.first()
    return head.n if head else 0


def are_whole(rows: Iterable[Entry]) -> bool:
    """Whether each row is what its hash says, and follows the one before it where both are here."""
    read = {row.n: row for row in rows}
    return all(
        digest(_row(row)) == bytes(row.hash)
        and (row.n - 1 not in read or bytes(read[row.n - 1].hash) == bytes(row.previous))
        for row in read.values()
    )


def _first_from(moment: datetime) -> Subquery:
    """Numbers rise with moments: without these bounds PostgreSQL reads all that came after an old day to find it."""
    return Subquery(Entry.objects.filter(at_us__gte=_microseconds(moment)).order_by("at_us").values("n")[:1])


def _last_before(moment: datetime) -> Subquery:
    return Subquery(Entry.objects.filter(at_us__lt=_microseconds(moment)).order_by("-at_us").values("n")[:1])


def _row(entry: Entry) -> Row:
    return Row(
        n=entry.n,
        at_us=entry.at_us,
        actor_kind=entry.actor_kind,
        actor=str(entry.actor) if entry.actor else None,
        event=entry.event,
        object_kind=entry.object_kind,
        object_id=str(entry.object_id) if entry.object_id else None,
        detail=entry.detail,
        previous=bytes(entry.previous),
        hash=bytes(entry.hash),
    )


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
