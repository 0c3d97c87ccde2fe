"""Tests that « ce soir » and « lundi » are hours at which somebody is there, by the pharmacy's own hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from unittest import TestCase

from portal.house import moments
from portal.house.calendar import Calendar, Span
from portal.house.hours import Stretch
from portal.lib.nights import PARIS

MORNINGS = [Stretch(day, time(8, 30), time(12, 30)) for day in range(6)]
AFTERNOONS = [Stretch(day, time(14), time(19, 30)) for day in range(5)]
HOURS = Calendar(week=[*MORNINGS, *AFTERNOONS])  # Saturday mornings, no Sunday
THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 11, day) for day in (26, 27, 28, 29, 30))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=PARIS)


class Moments(TestCase):
    def test_this_evening_leaves_an_hour_before_the_door_closes(self) -> None:
        self.assertEqual(moments.this_evening(at(FRIDAY, 10), HOURS), at(FRIDAY, 18, 30))
        self.assertIsNone(moments.this_evening(at(FRIDAY, 18, 45), HOURS))
        self.assertIsNone(moments.this_evening(at(SATURDAY, 12), HOURS))
        self.assertIsNone(moments.this_evening(at(SUNDAY, 10), HOURS))

    def test_tomorrow_is_when_it_opens_or_not_at_all(self) -> None:
        self.assertEqual(moments.tomorrow(at(THURSDAY, 10), HOURS), at(FRIDAY, 8, 30))
        self.assertIsNone(moments.tomorrow(at(SATURDAY, 10), HOURS))

    def test_on_a_monday_monday_is_the_next_one(self) -> None:
        self.assertEqual(moments.monday(at(SATURDAY, 10), HOURS), at(MONDAY, 8, 30))
        self.assertEqual(moments.monday(at(MONDAY, 10), HOURS), at(date(2026, 12, 7), 8, 30))

    def test_a_closed_day_becomes_the_next_open_one(self) -> None:
        tuesdays = Calendar(week=[each for each in HOURS.week if each.weekday == 1])

        self.assertEqual(moments.monday(at(FRIDAY, 10), tuesdays), at(date(2026, 12, 1), 8, 30))
        self.assertEqual(moments.opening(SUNDAY, HOURS), at(MONDAY, 8, 30))
        self.assertEqual(moments.in_days(2, at(FRIDAY, 10), HOURS), at(MONDAY, 8, 30))

    def test_a_pharmacy_that_said_no_hours_has_usual_ones(self) -> None:
        self.assertEqual(moments.tomorrow(at(FRIDAY, 10), Calendar(week=[])), at(SATURDAY, 9))
        self.assertIsNone(moments.tomorrow(at(SATURDAY, 10), Calendar(week=[])))

    def test_the_clock_of_paris_holds_when_it_changes(self) -> None:
        saturday = date(2026, 10, 24)  # the night in which winter time begins

        self.assertEqual(moments.monday(at(saturday, 10), HOURS).utcoffset(), at(MONDAY, 8).utcoffset())

    def test_after_a_night_of_garde_the_day_begins_in_the_morning(self) -> None:
        night = Span(at(SATURDAY, 20).astimezone(UTC), at(MONDAY, 8, 30).astimezone(UTC))
        on_garde = Calendar(week=HOURS.week, gardes=[night])

        self.assertEqual(moments.tomorrow(at(SATURDAY, 10), on_garde), at(SUNDAY, 8))
        self.assertEqual(moments.this_evening(at(SUNDAY, 10), on_garde), at(SUNDAY, 19))

    def test_a_public_holiday_is_passed_over(self) -> None:
        self.assertEqual(moments.in_days(1, at(date(2026, 12, 24), 10), HOURS), at(date(2026, 12, 26), 8, 30))
