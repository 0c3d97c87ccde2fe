"""Ask to be woken, and find who is due: the only schedule there is (architecture, 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

CLAIM_LIMIT = 500
# How long a claim holds (the interval in tenants/fences.py): a task lost with its broker is published again then.
CLAIM_SECONDS = 30


@dataclass(frozen=True)
class Due:
    """One pharmacy that has something due; `claimed` names the claim when it is given back."""

    pharmacy_id: UUID
    what: str
    claimed: datetime


def wake(what: str, due_at: datetime) -> None:
    """Have task `what` (a key of `settings.WAKEUPS`) run in this pharmacy at `due_at` at the latest.

    Call it in the transaction of the row that is due, and late in it: it locks (pharmacy, what) to the end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.wake(%s, %s)", [what, due_at])


def claim_due(limit: int = CLAIM_LIMIT) -> list[Due]:
    """Take what is due, oldest first; each is due again in CLAIM_SECONDS, should worker or broker die."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pharmacy, what, claimed FROM public.claim_due(%s)", [limit])
        return [Due(*row) for row in cursor.fetchall()]


def rest(what: str, claimed: datetime) -> None:
    """Give a claim back: whatever was asked for meanwhile becomes due, else nothing is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.rest(%s, %s)", [what, claimed])
