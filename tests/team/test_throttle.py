"""Who tries too often waits, and nobody can make a colleague wait for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from portal.audit.models import Entry
from portal.team.login import TooManyTries, WrongPassword, check_name_and_password
from portal.team.models import Attempt
from portal.team.throttle import network_of
from tests.base import PharmacyTestCase
from tests.cast import PASSWORD

COUNTER = "203.0.113.7"
WRONG = "Pas-le-bon-mot-7"


class Throttle(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()

    def outcome(self, name: str, password: str, *, address: str, now: datetime | None = None) -> str:
        try:
            check_name_and_password(name, password, address=address, now=now or self.now)
        except (WrongPassword, TooManyTries) as refused:
            return type(refused).__name__
        return "in"

    def test_five_wrong_passwords_then_even_the_right_one_waits_a_quarter_of_an_hour(self) -> None:
        outcomes = [self.outcome("karim", WRONG, address=COUNTER) for _ in range(5)]
        self.assertEqual(outcomes, ["WrongPassword"] * 5)
        self.assertEqual(self.outcome("karim", PASSWORD, address=COUNTER), "TooManyTries")

        later = self.now + timedelta(minutes=15, seconds=1)
        self.assertEqual(self.outcome("karim", PASSWORD, address=COUNTER, now=later), "in")

    def test_a_right_password_wipes_the_slate(self) -> None:
        for _ in range(3):
            for _ in range(4):
                self.outcome("karim", WRONG, address=COUNTER)
            self.assertEqual(self.outcome("karim", PASSWORD, address=COUNTER), "in")

    def test_an_unknown_name_is_counted_like_a_known_one(self) -> None:
        outcomes = [self.outcome("personne", WRONG, address=COUNTER) for _ in range(6)]
        self.assertEqual(outcomes, ["WrongPassword"] * 5 + ["TooManyTries"])

    def test_one_password_tried_on_many_names_stops_at_twenty(self) -> None:
        outcomes = [self.outcome(f"nom{number}", WRONG, address=COUNTER) for number in range(500)]
        self.assertEqual(outcomes.count("WrongPassword"), 20)
        self.assertEqual(set(outcomes[20:]), {"TooManyTries"})
        self.assertEqual(Entry.objects.filter(event="account:throttled").count(), 1)

    def test_a_team_that_signs_in_from_one_address_keeps_nobody_out(self) -> None:
        for _ in range(15):
            for name in ("nadia", "claire", "karim"):
                self.assertEqual(self.outcome(name, PASSWORD, address=COUNTER), "in")

    def test_a_good_account_buys_no_more_tries_at_others(self) -> None:
        outcomes = []
        for number in range(40):
            outcomes.append(self.outcome(f"nom{number}", WRONG, address=COUNTER))
            self.outcome("karim", PASSWORD, address=COUNTER)
        self.assertEqual(outcomes.count("WrongPassword"), 20)

    def test_others_cannot_keep_a_person_out_of_her_own_counter(self) -> None:
        self.assertEqual(self.outcome("karim", PASSWORD, address=COUNTER), "in")
        for number in range(200):
            self.outcome("karim", WRONG, address=f"198.51.100.{number}")
        self.assertEqual(self.outcome("karim", WRONG, address="198.51.100.250"), "TooManyTries")

        self.assertEqual(self.outcome("karim", PASSWORD, address=COUNTER), "in")

    def test_one_household_is_one_address(self) -> None:
        self.assertEqual(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2:ffff::1"))
        self.assertNotEqual(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"))
        self.assertEqual(network_of("::ffff:203.0.113.7"), COUNTER)
        self.assertEqual(network_of("not an address"), network_of(""))

    def test_neither_name_nor_address_is_kept(self) -> None:
        self.outcome("karim", WRONG, address=COUNTER)
        keys = " ".join(Attempt.objects.values_list("key", flat=True))
        self.assertNotIn("karim", keys)
        self.assertNotIn("203", Attempt.objects.filter(key__contains=COUNTER).values_list("key", flat=True))

    def test_what_is_over_is_dropped_at_the_next_sign_in(self) -> None:
        self.outcome("personne", WRONG, address="198.51.100.1")
        later = self.now + timedelta(hours=1)
        self.outcome("karim", PASSWORD, address=COUNTER, now=later)
        self.assertFalse(Attempt.objects.filter(window_ends_at__lte=later).exists())
