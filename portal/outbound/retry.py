"""When to try again: patience as a pure function of the number of attempts (security 3.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
GIVE_UP_AFTER = timedelta(hours=24)


def delay_after(attempt: int) -> timedelta:
    """How long to wait after the failed attempt number `attempt`, from 1; the last delay repeats."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    return DELAYS[min(attempt, len(DELAYS)) - 1]


def next_attempt_at(attempt: int, *, now: datetime, give_up_at: datetime) -> datetime | None:
    """When the attempt after number `attempt` is made, or None if that would be too late."""
    next_at = now + delay_after(attempt)
    return next_at if next_at < give_up_at else None
