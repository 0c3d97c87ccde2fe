"""Tell browsers that something changed: after commit, ids only (architecture, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from portal.lib.told import CHANNEL, Kind, Told
from tenants.context import current_pharmacy

__all__ = ["Kind", "tell"]

# One statement, so a transaction of its own, whose commit awaits no disk: NOTIFY inside the act halves commits.
NOTIFY = (
    "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)) "
    "SELECT pg_notify(%s, %s) FROM quick"
)


@dataclass(frozen=True)
class _Telling:
    told: Told

    def __call__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(NOTIFY, [CHANNEL, self.told.written()])


def tell(
    kind: Kind,
    subject: UUID | None = None,
    *,
    mailbox: UUID | None = None,
    person: UUID | None = None,
    tab: UUID | None = None,
    at: str = "",
) -> None:
    """Have every screen of this pharmacy that may see it ask again, once what happens here is committed.

    `mailbox`: only those who see that mailbox hear it. `person`: only that person does. The same thing told twice in
    a transaction is told once. Nobody waits for it, and an act that is committed does not fail for it.
    """
    telling = _Telling(Told(current_pharmacy().id, kind, subject, mailbox, person, tab, at))
    here = set(connection.savepoint_ids)
    if not any(entry[1] == telling and set(entry[0]) <= here for entry in connection.run_on_commit):
        transaction.on_commit(telling, robust=True)
