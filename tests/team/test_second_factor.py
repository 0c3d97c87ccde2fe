"""A code is good once, whoever tries it how often and at the same time as whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.db import connection
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.actions import LinkGone, accept_invitation, invite
from portal.team.models import Role, TotpDevice, User
from portal.team.second_factor import (
    TooManyCodes,
    WrongCode,
    check_code,
    confirm_enrolment,
    prepare_enrolment,
    provisioning_uri,
    use_recovery_code,
)
from tenants.context import inside
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.browsing import code_at, phone_of


class CodesOfAPhone(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.phone = phone_of(self.karim)

    def outcome(self, code: str, now: datetime) -> str:
        try:
            check_code(self.karim, code, now=now)
        except (WrongCode, TooManyCodes) as refused:
            return type(refused).__name__
        return "in"

    def test_a_code_replayed_a_thousand_times_is_refused_a_thousand_times(self) -> None:
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            code = code_at(self.phone)
            self.assertEqual(self.outcome(code, now), "in")
        outcomes = set()
        for try_ in range(1000):
            with time_machine.travel(now + timedelta(seconds=try_ % 30), tick=False):
                outcomes.add(self.outcome(code, now + timedelta(hours=try_)))
        self.assertNotIn("in", outcomes)

    def test_five_tries_in_a_quarter_of_an_hour_then_even_the_good_code_waits(self) -> None:
        start = timezone.now()
        for minute in range(5):
            with time_machine.travel(start + timedelta(minutes=minute), tick=False):
                self.assertEqual(self.outcome("000000", timezone.now()), "WrongCode")
        with time_machine.travel(start + timedelta(minutes=6), tick=False):
            self.assertEqual(self.outcome(code_at(self.phone), timezone.now()), "TooManyCodes")
        with time_machine.travel(start + timedelta(minutes=16), tick=False):
            self.assertEqual(self.outcome(code_at(self.phone), timezone.now()), "in")
        self.assertEqual(Entry.objects.filter(event="account:throttled").count(), 1)

    def test_twenty_tries_a_day_are_the_most(self) -> None:
        start = timezone.now()
        outcomes = []
        for try_ in range(30):
            with time_machine.travel(start + timedelta(minutes=16 * try_), tick=False):
                outcomes.append(self.outcome("000000", timezone.now()))
        self.assertEqual(outcomes, ["WrongCode"] * 20 + ["TooManyCodes"] * 10)
        with time_machine.travel(start + timedelta(hours=25), tick=False):
            self.assertEqual(self.outcome(code_at(self.phone), timezone.now()), "in")

    def test_what_is_no_code_is_refused_without_a_crash(self) -> None:
        for nonsense in ("", "٣٣٣٣٣٣", "12345", "1234567", "-12345", "1e5000", "²²²²²²"):
            User.objects.filter(pk=self.karim.pk).update(session_epoch=1)
            with self.subTest(nonsense):
                self.assertIn(self.outcome(nonsense, timezone.now()), ("WrongCode", "TooManyCodes"))

    def test_a_person_without_a_phone_has_no_good_code(self) -> None:
        with self.assertRaises(WrongCode):
            check_code(self.claire, code_at(self.phone), now=timezone.now())

    def test_enrolling_again_replaces_the_phone_and_ends_other_sessions(self) -> None:
        epoch = self.karim.session_epoch
        pending = prepare_enrolment(self.karim)
        self.assertEqual(prepare_enrolment(self.karim).pk, pending.pk)

        codes = confirm_enrolment(self.karim, code_at(pending), now=timezone.now())

        self.assertEqual([device.pk for device in TotpDevice.objects.filter(user=self.karim)], [pending.pk])
        self.assertEqual(self.karim.session_epoch, epoch + 1)
        self.assertEqual({len(code.replace("-", "")) for code in codes}, {16})  # 80 bits in base32

    def test_a_wrong_first_code_enrols_nothing(self) -> None:
        pending = prepare_enrolment(self.claire)
        with self.assertRaises(WrongCode):
            confirm_enrolment(self.claire, "000000", now=timezone.now())
        self.assertFalse(TotpDevice.objects.get(pk=pending.pk).confirmed)

    def test_the_square_names_the_pharmacy_and_the_person(self) -> None:
        uri = provisioning_uri(self.phone, pharmacy="Pharmacie du Soleil: Nevers")
        self.assertTrue(
            uri.startswith("otpauth://totp/Officinal%20Pharmacie%20du%20Soleil%20%20Nevers%3Akarim?")
        )
        self.assertIn("digits=6", uri)


class AtTheSameTime(CommittingPharmacyTestCase):
    def race(self, many: int, act: Callable[[], Any], refusals: tuple[type[Exception], ...]) -> int:
        """How many of so many threads succeed; any other exception than a refusal fails the test."""
        successes: list[int] = []
        surprises: list[Exception] = []
        gate = threading.Barrier(many)

        def run() -> None:
            try:
                with inside(self.soleil):
                    gate.wait(30)
                    act()
                    successes.append(1)
            except refusals:
                pass
            except Exception as surprise:
                surprises.append(surprise)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(surprises, [])
        return len(successes)

    def test_two_uses_of_one_code_are_one_success(self) -> None:
        phone = phone_of(self.karim)
        code = code_at(phone)

        def use() -> None:
            check_code(User.objects.get(pk=self.karim.pk), code, now=timezone.now())

        self.assertEqual(self.race(2, use, (WrongCode,)), 1)

    def test_fifty_uses_of_one_recovery_code_are_one_success(self) -> None:
        pending = prepare_enrolment(self.karim)
        codes = confirm_enrolment(self.karim, code_at(pending), now=timezone.now())

        def use() -> None:
            use_recovery_code(User.objects.get(pk=self.karim.pk), codes[0], now=timezone.now())

        self.assertEqual(self.race(50, use, (WrongCode, TooManyCodes)), 1)

    def test_fifty_uses_of_one_invitation_are_one_success(self) -> None:
        _, token = invite(
            sign_in_name="lea", display_name="Léa", role=Role.ETUDIANT, by=self.nadia, now=timezone.now()
        )

        def use() -> None:
            accept_invitation(token, sign_in_name="lea", password="Trois-renards-bleus-7", now=timezone.now())

        self.assertEqual(self.race(50, use, (LinkGone,)), 1)
