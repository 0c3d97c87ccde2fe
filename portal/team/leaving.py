"""When somebody's last day is near: how near, and from which moment on she and the responsible person are told."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from portal.lib.nights import PARIS
from portal.team.models import User

WARNED_DAYS = 3  # before the last one
HOUR = time(8)  # not in the night


def days_left(user: User, today: date) -> int | None:
    """How many days after today this person still works here; None when that is no matter yet."""
    if not user.active or user.active_until is None:
        return None
    left = (user.active_until - today).days
    return left if 0 <= left <= WARNED_DAYS else None


def warned_at(last_day: date) -> datetime:
    """The moment of the warning by e-mail."""
    return datetime.combine(last_day - timedelta(days=WARNED_DAYS), HOUR, tzinfo=PARIS)
