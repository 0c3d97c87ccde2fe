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
# An attempt that breaks off in our own house says nothing of the recipient: by then a person should know.
MOST_BROKEN_OFF = 10


def delay_after(attempt: int) -> timedelta:
    """How long to wait after the failed attempt number `attempt`, from 1; the last delay repeats."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    return DELAYS[min(attempt, len(DELAYS)) - 1]


def next_attempt_at(attempt: int, *, now: datetime, give_up_at: datetime) -> datetime | None:
    """When the attempt after number `attempt` is made, or None if that would be too late."""
    next_at = now + delay_after(attempt)
    return next_at if next_at < give_up_at else None


def next_after_break(times: int, *, now: datetime, give_up_at: datetime) -> datetime | None:
    """When to try again what broke off `times` times before it was handed over; None: it is not tried any more.

    At once the first time: its lease has run out, so two minutes have passed. A worker that each time runs out
    of memory takes others' work down with it, so from then on as after a refusal.
    """
    if times >= MOST_BROKEN_OFF:
        return None
    next_at = now + delay_after(times - 1) if times > 1 else now
    return next_at if next_at < give_up_at else None
