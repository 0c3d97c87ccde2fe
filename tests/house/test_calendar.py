"""Whether somebody is there: the week, public holidays, closures and gardes, on the clock of Paris."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from unittest import TestCase

from django.db import IntegrityError, transaction

from portal.audit.models import Entry
from portal.house.actions import Backwards, add_period, remove_period, set_holiday_rule, set_hours
from portal.house.calendar import Calendar, Span, calendar
from portal.house.holidays import easter_sunday, holidays
from portal.house.hours import Stretch
from portal.house.models import Period, PeriodKind
from portal.lib.nights import PARIS
from tests.base import PharmacyTestCase

WEEK = [
    Stretch(day, *part)
    for day in range(5)
    for part in ((time(8, 30), time(12, 30)), (time(14), time(19, 30)))
]
WEEK.append(Stretch(5, time(9), time(13)))
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 11, day) for day in (27, 28, 29, 30))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=PARIS)


def span(begins: datetime, ends: datetime) -> Span:
    return Span(begins.astimezone(UTC), ends.astimezone(UTC))


class PublicHolidays(TestCase):
    def test_those_that_go_with_easter_are_found_in_any_year(self) -> None:
        for easter in (date(2008, 3, 23), date(2024, 3, 31), date(2026, 4, 5), date(2038, 4, 25)):
            self.assertEqual(easter_sunday(easter.year), easter)
        names = holidays(2026)
        self.assertEqual(names[date(2026, 4, 6)], "Lundi de Pâques")
        self.assertEqual(names[date(2026, 5, 14)], "Ascension")
        self.assertEqual(names[date(2026, 5, 25)], "Lundi de Pentecôte")
        self.assertEqual(len(names), 11)

    def test_alsace_and_moselle_have_two_more(self) -> None:
        more = set(holidays(2026, alsace_moselle=True)) - set(holidays(2026))
        self.assertEqual(more, {date(2026, 4, 3), date(2026, 12, 26)})

    def test_two_on_one_day_are_one(self) -> None:
        self.assertEqual(holidays(2008)[date(2008, 5, 1)], "Fête du Travail")  # and Ascension


class TheDoor(TestCase):
    def setUp(self) -> None:
        self.week = Calendar(WEEK)

    def test_it_is_open_from_its_hour_and_shut_at_its_hour(self) -> None:
        for moment, is_open in (
            (at(FRIDAY, 8, 29), False),
            (at(FRIDAY, 8, 30), True),
            (at(FRIDAY, 12, 30), False),
            (at(FRIDAY, 14), True),
            (at(SUNDAY, 10), False),
        ):
            self.assertIs(self.week.is_open(moment), is_open, moment)

    def test_it_opens_next_after_lunch_after_the_week_end_and_after_the_holidays(self) -> None:
        self.assertEqual(self.week.next_opening(at(FRIDAY, 10)), at(FRIDAY, 14))
        self.assertEqual(self.week.next_opening(at(SATURDAY, 13)), at(MONDAY, 8, 30))
        self.assertEqual(self.week.next_opening(at(MONDAY, 8, 30)), at(MONDAY, 14))
        self.assertEqual(self.week.next_opening(at(date(2026, 12, 24), 20)), at(date(2026, 12, 26), 9))
        far = Calendar(WEEK, closed=[span(at(FRIDAY, 20), at(date(2027, 4, 1), 0))])
        self.assertEqual(far.next_opening(at(SATURDAY, 10)), at(date(2027, 4, 1), 8, 30))
        self.assertIsNone(Calendar(()).next_opening(at(FRIDAY, 10)))

    def test_christmas_is_a_friday_like_any_other_for_who_opens_on_holidays(self) -> None:
        christmas = at(date(2026, 12, 25), 10)
        self.assertFalse(self.week.is_open(christmas))
        self.assertTrue(Calendar(WEEK, holidays_off=False).is_open(christmas))
        self.assertEqual(self.week.holiday(christmas.date()), "Noël")

    def test_a_closure_shuts_what_it_covers_and_a_garde_opens_whatever_else(self) -> None:
        away = Calendar(
            WEEK,
            closed=[span(at(FRIDAY, 10), at(MONDAY, 0))],
            gardes=[span(at(SATURDAY, 20), at(SUNDAY, 9))],
        )
        self.assertTrue(away.is_open(at(FRIDAY, 9)))
        self.assertFalse(away.is_open(at(FRIDAY, 10)))
        self.assertFalse(away.is_open(at(SATURDAY, 10)))
        self.assertTrue(away.is_open(at(SUNDAY, 3)))
        self.assertEqual(away.on_garde(at(SUNDAY, 3)), span(at(SATURDAY, 20), at(SUNDAY, 9)))
        self.assertIsNone(away.on_garde(at(SUNDAY, 9)))
        self.assertEqual(away.next_opening(at(FRIDAY, 11)), at(SATURDAY, 20))

    def test_a_garde_that_begins_as_the_door_shuts_is_one_opening_with_it(self) -> None:
        on_duty = Calendar(WEEK, gardes=[span(at(FRIDAY, 19, 30), at(SATURDAY, 9))])
        self.assertEqual(on_duty.next_opening(at(FRIDAY, 13)), at(FRIDAY, 14))
        self.assertEqual(on_duty.next_opening(at(FRIDAY, 14)), at(MONDAY, 8, 30))

    def test_opening_time_leaves_out_lunch_nights_and_closed_days(self) -> None:
        self.assertEqual(self.week.open_time(at(FRIDAY, 12), at(FRIDAY, 14, 20)), timedelta(minutes=50))
        self.assertEqual(self.week.open_time(at(FRIDAY, 19), at(MONDAY, 9)), timedelta(hours=5))
        self.assertEqual(self.week.open_time(at(MONDAY, 9), at(FRIDAY, 19)), timedelta())

    def test_a_night_of_garde_is_as_long_as_it_is_when_clocks_change(self) -> None:
        winter = date(2026, 10, 24)  # at three it is two again
        night = Calendar((), gardes=[span(at(winter, 20), at(winter + timedelta(days=1), 8))])
        self.assertEqual(
            night.open_time(at(winter, 0), at(winter + timedelta(days=2), 0)), timedelta(hours=13)
        )
        self.assertEqual(self.week.openings_on(SATURDAY), [span(at(SATURDAY, 9), at(SATURDAY, 13))])
        self.assertIsNone(self.week.opening_on(SUNDAY))


class WhatIsWritten(PharmacyTestCase):
    def test_the_calendar_is_what_the_responsible_person_wrote(self) -> None:
        self.assertFalse(calendar().known)
        set_hours(WEEK, by=self.nadia)
        garde = add_period(PeriodKind.GARDE, begins=at(SUNDAY, 8), ends=at(SUNDAY, 20), by=self.nadia)
        add_period(PeriodKind.GARDE, begins=at(SUNDAY, 8), ends=at(SUNDAY, 20), by=self.nadia)
        add_period(PeriodKind.CLOSED, begins=at(MONDAY, 0), ends=at(date(2026, 12, 1), 0), by=self.nadia)
        add_period(PeriodKind.EXTRA, begins=at(SATURDAY, 14), ends=at(SATURDAY, 18), by=self.nadia)
        set_holiday_rule(closed=False, alsace_moselle=True, by=self.nadia)

        found = calendar()

        self.assertEqual(Period.objects.count(), 3)
        self.assertTrue(found.is_open(at(SUNDAY, 12)))
        self.assertFalse(found.is_open(at(MONDAY, 10)))
        self.assertTrue(found.is_open(at(SATURDAY, 15)))
        self.assertEqual((found.holidays_off, found.alsace_moselle), (False, True))
        remove_period(garde, by=self.nadia)
        self.assertFalse(calendar().is_open(at(SUNDAY, 12)))
        self.assertEqual(
            list(Entry.objects.order_by("-n").values_list("event", "detail")[:2]),
            [
                ("pharmacy:period-remove", "kind=garde from=20261129 to=20261129"),
                ("pharmacy:holidays", "closed=0 alsace-moselle=1"),
            ],
        )

    def test_no_period_runs_backwards(self) -> None:
        with self.assertRaises(Backwards):
            add_period(PeriodKind.GARDE, begins=at(SUNDAY, 8), ends=at(SUNDAY, 8), by=self.nadia)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Period.objects.create(kind=PeriodKind.GARDE, begins=at(SUNDAY, 9), ends=at(SUNDAY, 8))
