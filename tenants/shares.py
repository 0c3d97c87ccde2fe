"""Limits over all pharmacies together: a pharmacy's role may add to a tally, and read none."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection


def take_share(what: str, *, weight: int, most: int, window: timedelta) -> bool:
    """Count `weight` more of `what`; whether all that was counted in this window still fits into `most`.

    To be called with no transaction open: the row is everybody's.
    """
    with connection.cursor() as cursor:
        seconds = int(window.total_seconds())
        cursor.execute("SELECT public.take_share(%s, %s, %s, %s)", [what, weight, most, seconds])
        return bool(cursor.fetchone()[0])
