"""How long to wait before a mailbox is asked again: pure functions of failures and chance."""

from __future__ import annotations

from datetime import timedelta

JITTER = 0.1
# A mailbox that was taken is due again after this, should the worker that took it be dead.
CLAIM = timedelta(seconds=30)
# A fault of the mailbox itself stops all its deliveries; this is when one of them tries for all.
SEND_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)


def fetch_delay(failures: int, *, first: float, longest: float, chance: float) -> timedelta:
    """Until the next fetch: `first` seconds, doubled by each failure in a row, at most `longest`.

    `chance` (0 to 1) takes up to a tenth off, so that a thousand mailboxes do not knock at once.
    """
    seconds = min(first * 2 ** min(failures, 20), longest)
    return timedelta(seconds=seconds * (1 - JITTER * chance))


def send_delay(failures: int) -> timedelta:
    """Until the next try to send, after this many failures in a row (from 1)."""
    return SEND_DELAYS[min(max(failures, 1), len(SEND_DELAYS)) - 1]
