"""Have somebody look, soon, whether anything waits that people ought to be told of (portal/notices/ladder.py).

Whatever may begin to wait asks for it in its own transaction, and so does what moves the opening hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tenants.wakeups import wake

WAKE = "ladder"
# The shortest time that may be chosen before the first people are told: before it nothing is due.
SHORTEST = timedelta(minutes=5)


def begins_to_wait(now: datetime) -> None:
    """Something waits from `now` on. Called with the wake-ups: it holds this one to the end of the transaction."""
    wake(WAKE, now + SHORTEST)


def look_at_once(now: datetime) -> None:
    """The hours changed, or who is told, or when: what is due may be another thing."""
    wake(WAKE, now)
