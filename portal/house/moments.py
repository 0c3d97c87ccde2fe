"""When somebody will be there to take a thing up again: this evening, tomorrow, Monday, in some days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from portal.house.calendar import Calendar
from portal.house.hours import Stretch
from portal.house.models import Weekday
from portal.lib.nights import PARIS

# Before the last closing of the day, with time to still do something about it; on garde no later than this.
BEFORE_CLOSING, LATEST = timedelta(hours=1), time(19)
# On garde the door is open at midnight: nobody begins the day's work then.
MORNING = time(8)
# A pharmacy that has not said its hours.
USUAL = Calendar(week=[Stretch(day, time(9), time(19)) for day in Weekday.values if day != Weekday.SUNDAY])
A_WEEK = 7


def this_evening(now: datetime, doors: Calendar) -> datetime | None:
    """An hour before the pharmacy closes today; None when that has passed, or it is closed."""
    today = _day(now)
    spans = _known(doors).openings_on(today)
    if not spans:
        return None
    moment = min(spans[-1].ends - BEFORE_CLOSING, _at(today, LATEST)).astimezone(PARIS)
    return moment if moment > now else None


def tomorrow(now: datetime, doors: Calendar) -> datetime | None:
    """When it opens tomorrow; None when it does not."""
    return _opening_on(_day(now) + timedelta(days=1), _known(doors))


def monday(now: datetime, doors: Calendar) -> datetime:
    """When it opens on the coming Monday, or on the first open day after it."""
    today = _day(now)
    return opening(today + timedelta(days=A_WEEK - today.weekday()), doors)


def in_days(days: int, now: datetime, doors: Calendar) -> datetime:
    """When it opens that many days later, or on the first open day after that."""
    return opening(_day(now) + timedelta(days=days), doors)


def opening(day: date, doors: Calendar) -> datetime:
    """When it first opens on this day, or next after it; at nine of that day if it never does in a year."""
    known = _known(doors)
    found = _opening_on(day, known) or known.next_opening(_at(day, time()))
    return found.astimezone(PARIS) if found else _at(day, time(9))


def _opening_on(day: date, doors: Calendar) -> datetime | None:
    morning = _at(day, MORNING)
    for span in doors.openings_on(day):
        if span.begins > _at(day, time()):
            return span.begins.astimezone(PARIS)
        if span.ends > morning:
            return morning
    return None


def _known(doors: Calendar) -> Calendar:
    return doors if doors.known else USUAL


def _day(now: datetime) -> date:
    return now.astimezone(PARIS).date()


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=PARIS)
