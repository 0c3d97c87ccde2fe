"""Let one worker at a time do a thing in this pharmacy, for as long as it takes.

A session lock of PostgreSQL: no transaction stays open meanwhile, and a worker that dies lets go at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from tenants.context import current_pharmacy


@contextmanager
def alone(what: str, on: UUID | None = None, *, wait: bool = False) -> Iterator[bool]:
    """Whether we have it for the length of the block; `wait` for it instead of going on without."""
    key = _key(what, on)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)" if wait else "SELECT pg_try_advisory_lock(%s)", [key])
        ours = wait or bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        # A lost connection has taken the lock with it, and one whose transaction failed refuses to speak.
        if ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _key(what: str, on: UUID | None) -> int:
    name = current_pharmacy().id.bytes + what.encode() + (on.bytes if on else b"")
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)
