"""Limits over all pharmacies together: a pharmacy's role may add to a tally, and read none."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

PURPOSE = "tenants.shares"
HASH_LENGTH = 24  # hexadecimal digits: 96 bits


def take_share(what: str, *, weight: int, most: int, window: timedelta) -> bool:
    """Count `weight` more of `what`; whether all that was counted in this window still fits into `most`.

    To be called with no transaction open: the row is everybody's.
    """
    with connection.cursor() as cursor:
        seconds = int(window.total_seconds())
        cursor.execute("SELECT public.take_share(%s, %s, %s, %s)", [what, weight, most, seconds])
        return bool(cursor.fetchone()[0])


def take_share_of(what: str, who: str, *, weight: int, most: int, window: timedelta) -> bool:
    """As take_share, for one among many: who it is, is kept only as a keyed hash, and until its window ends."""
    keyed = salted_hmac(PURPOSE, f"{what}\0{who}", algorithm="sha256").hexdigest()[:HASH_LENGTH]
    return take_share(f"{what}@{keyed}", weight=weight, most=most, window=window)
