"""What the form takes in is counted before it is looked at: by address, pharmacy and platform."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from portal.intake import throttle
from portal.intake.throttle import Limits, TooMuch, admit_file, admit_request
from portal.team.models import Attempt
from portal.team.throttle import Limit
from tenants.connections import OWNER
from tenants.context import inside, leave
from tenants.models import Tally
from tenants.shares import take_share
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase

HERE, THERE = "203.0.113.7", "203.0.113.8"


def limits(*, address: int = 100, pharmacy: int = 100, platform: int = 1000) -> Limits:
    return Limits(
        Limit("test-address", address, throttle.HOUR), Limit("test", pharmacy, throttle.HOUR), platform
    )


class TheLimits(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()

    def requests(self, address: str = HERE, *, later: timedelta = timedelta()) -> None:
        admit_request(address, now=self.now + later)

    def test_one_address_sends_so_many_and_not_one_more(self) -> None:
        with mock.patch.object(throttle, "REQUESTS", limits(address=3)):
            for _ in range(3):
                self.requests()
            with self.assertRaises(TooMuch):
                self.requests()
            self.requests(THERE)
            self.requests(later=throttle.HOUR)

    def test_a_household_of_ipv6_is_one_address(self) -> None:
        with mock.patch.object(throttle, "REQUESTS", limits(address=1)):
            self.requests("2001:db8:1:2::1")
            with self.assertRaises(TooMuch):
                self.requests("2001:db8:1:2:ffff::2")
            self.requests("2001:db8:1:3::1")

    def test_the_pharmacy_and_the_platform_have_their_own(self) -> None:
        with mock.patch.object(throttle, "REQUESTS", limits(pharmacy=2)):
            self.requests(HERE)
            self.requests(THERE)
            with self.assertRaises(TooMuch):
                self.requests("203.0.113.9")
            with inside(self.gare):
                self.requests("203.0.113.9")
        with (
            mock.patch.object(throttle, "REQUESTS", limits(platform=3)),
            inside(self.gare),
            self.assertRaises(TooMuch),  # two of Soleil, one of Gare before
        ):
            self.requests("203.0.113.10")

    def test_one_address_does_not_take_what_all_pharmacies_share(self) -> None:
        with (
            mock.patch.object(throttle, "REQUESTS", limits(address=2, platform=3)),
            mock.patch.object(throttle, "SPREAD", 1),
        ):
            for _ in range(2):
                self.requests()
            with inside(self.gare):
                for _ in range(3):
                    with self.assertRaises(TooMuch):
                        self.requests()
                self.requests(THERE)  # the third of all pharmacies together

    def test_kilobytes_count_for_what_they_weigh(self) -> None:
        with mock.patch.object(throttle, "KILOBYTES", limits(address=10)):
            admit_file(HERE, 9 * 1024, now=self.now)
            with self.assertRaises(TooMuch):
                admit_file(HERE, 2 * 1024, now=self.now)

    def test_no_address_is_kept(self) -> None:
        self.requests()
        keys = list(Attempt.objects.values_list("key", flat=True))
        self.assertEqual(len(keys), 2)
        for key in keys:
            self.assertRegex(
                key, r"\A[0-9a-f]{32}\Z"
            )  # a digest and nothing beside it: three figures may stand in one
            self.assertNotIn(HERE, key)

    def test_a_pharmacy_adds_to_the_tally_and_reads_none(self) -> None:
        self.assertTrue(take_share("test-share", weight=5, most=5, window=throttle.HOUR))
        self.assertFalse(take_share("test-share", weight=1, most=5, window=throttle.HOUR))
        self.assertTrue(take_share("another", weight=1, most=5, window=throttle.HOUR))
        with self.assertRaises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM public.tenants_tally")

    def test_when_the_tally_cannot_be_kept_nothing_is_taken(self) -> None:
        leave()
        with self.assertRaises(ProgrammingError), transaction.atomic():
            take_share("test-share", weight=1, most=5, window=throttle.HOUR)
        self.assertEqual(Tally._meta.db_table, "tenants_tally")


class OfOneAddress(CommittingPharmacyTestCase):
    def test_what_is_counted_of_an_address_is_forgotten_after_its_hour(self) -> None:
        tally = Tally.objects.using(OWNER)
        now = timezone.now()
        admit_request(HERE, now=now)
        self.assertEqual(tally.filter(what__contains="@").count(), 1)
        self.assertFalse(tally.filter(what__contains=HERE).exists())
        tally.update(window_ends_at=now - throttle.HOUR)
        admit_request(THERE, now=now)
        self.assertEqual(tally.count(), 2)  # the common one, and the new address's
