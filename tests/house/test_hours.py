"""Opening hours are said as a pharmacist says them."""

from __future__ import annotations

from datetime import time

from django.db import IntegrityError, transaction

from portal.audit.models import Entry
from portal.house.actions import Overlapping, set_hours
from portal.house.hours import Stretch, lines, stretches
from portal.house.models import OpeningHours
from tenants.context import inside
from tests.base import PharmacyTestCase

MORNING, AFTERNOON = (time(8, 30), time(12, 30)), (time(14), time(19, 30))
WEEK = [Stretch(day, *part) for day in range(5) for part in (MORNING, AFTERNOON)]
SATURDAY = Stretch(5, time(9), time(13))


class Hours(PharmacyTestCase):
    def said(self) -> list[str]:
        return [f"{line.days} : {line.hours}".replace("\u00a0", " ") for line in lines(stretches())]

    def test_days_with_the_same_hours_share_a_line(self) -> None:
        set_hours([*WEEK, SATURDAY], by=self.nadia)
        self.assertEqual(
            self.said(),
            [
                "Lundi au vendredi : 8 h 30 – 12 h 30, 14 h – 19 h 30",
                "Samedi : 9 h – 13 h",
                "Dimanche : fermé",
            ],
        )

    def test_two_days_off_are_said_together(self) -> None:
        set_hours(WEEK, by=self.nadia)
        self.assertEqual(self.said()[-1], "Samedi et dimanche : fermé")

    def test_nothing_is_said_when_nothing_is_known(self) -> None:
        self.assertEqual(self.said(), [])

    def test_new_hours_replace_the_old_ones_and_it_is_in_the_journal(self) -> None:
        set_hours(WEEK, by=self.nadia)
        set_hours([SATURDAY], by=self.nadia)

        self.assertEqual(stretches(), [SATURDAY])
        entry = Entry.objects.latest("n")
        self.assertEqual((entry.event, entry.detail), ("pharmacy:hours", "stretches=1"))

    def test_hours_that_overlap_change_nothing(self) -> None:
        set_hours([SATURDAY], by=self.nadia)
        for wrong in ([SATURDAY, Stretch(5, time(12), time(18))], [Stretch(0, time(9), time(9))]):
            with self.subTest(wrong), self.assertRaises(Overlapping):
                set_hours(wrong, by=self.nadia)
        self.assertEqual(stretches(), [SATURDAY])

    def test_the_database_refuses_a_day_that_ends_before_it_begins(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            OpeningHours.objects.create(weekday=0, opens=time(12), closes=time(9))

    def test_gare_has_its_own(self) -> None:
        set_hours([SATURDAY], by=self.nadia)
        with inside(self.gare):
            self.assertEqual(stretches(), [])
