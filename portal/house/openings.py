"""When the door opens next, from the hours that the pharmacy says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.utils import timezone

from portal.house.hours import Stretch

# Where no hours are known: a time at which a pharmacy is open.
UNKNOWN = time(9)


def next_opening(found: Iterable[Stretch], *, now: datetime) -> datetime:
    """The first opening of a day after `now`; tomorrow at nine where nothing is known."""
    first: dict[int, time] = {}
    for stretch in sorted(found):
        first.setdefault(stretch.weekday, stretch.opens)
    here = timezone.localtime(now)
    for ahead in range(8):
        day = here.date() + timedelta(days=ahead)
        opens = first.get(day.weekday()) if first else UNKNOWN if ahead else None
        at = datetime.combine(day, opens, here.tzinfo) if opens else None
        if at is not None and at > now:
            return at
    raise ValueError("no day of the week opens")
