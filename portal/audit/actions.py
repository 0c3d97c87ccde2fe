"""Write the journal: one entry as the last statement of the act that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from portal.audit.anchors import Anchor, append
from portal.audit.events import Event
from portal.audit.models import ActorKind, Head
from tenants.context import current_pharmacy

INSERT = (
    "INSERT INTO audit_entry (actor_kind, actor, event, object_kind, object_id, detail) "
    "VALUES (%s, %s, %s, %s, %s, %s) RETURNING n"
)
LONGEST_DETAIL = 200
# Ids, counts, codes: no capital, accent, @ or long number, so no name, address, INS or text.
UUID_FORM = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NUMBER = r"\d{1,9}(\.\d{1,3}){0,2}"
CODE = r"[a-z][a-z0-9]{0,19}([._-][a-z0-9]{1,20}){0,5}"
PAIR = rf"[a-z][a-z-]{{0,19}}=({UUID_FORM}|{NUMBER}|{CODE})"
DETAIL = re.compile(rf"({PAIR}( {PAIR}){{0,9}})?")


class OutsideTransaction(Exception):
    """An entry was to be written apart from the act that it names."""


class NotADetail(ValueError):
    """The detail of an entry is not made of `name=value` pairs of ids, counts and codes."""


class Person(Protocol):
    """Whoever has an id: a team member."""

    @property
    def id(self) -> UUID: ...


@dataclass(frozen=True)
class Actor:
    """Someone other than a team member who acts."""

    kind: ActorKind
    id: UUID | None = None


SYSTEM = Actor(ActorKind.SYSTEM)
OPERATOR = Actor(ActorKind.OPERATOR)
PATIENT = Actor(ActorKind.PATIENT)


def record(
    event: Event,
    *,
    by: Person | Actor | None,
    on: tuple[str, UUID] | None = None,
    detail: str = "",
    using: str = DEFAULT_DB_ALIAS,
) -> int:
    """Add an entry and give its number. Call it last: it holds the end of the chain until commit.

    `by` None is Officinal itself. `detail` is `name=value` pairs, such as "code=550 attempt=2".

    Raises:
        OutsideTransaction: no transaction is open, so the entry could outlive the act or be missing.
        NotADetail: the detail might hold content.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise OutsideTransaction(event)
    if len(detail) > LONGEST_DETAIL or not DETAIL.fullmatch(detail):
        raise NotADetail(event)
    actor = _actor(by)
    kind, object_id = on or ("", None)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [actor.kind, actor.id, event, kind, object_id, detail])
        return int(cursor.fetchone()[0])


def anchor_head() -> None:
    """Write the end of the chain outside the database, then let the next entry ask for the next anchor."""
    head = Head.objects.first()
    if head is None:
        return
    append(Anchor(current_pharmacy().id, head.n, bytes(head.hash)))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT audit_anchored(%s)", [head.n])


def _actor(by: Person | Actor | None) -> Actor:
    if by is None:
        return SYSTEM
    return by if isinstance(by, Actor) else Actor(ActorKind.PERSON, by.id)
