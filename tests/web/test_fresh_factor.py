"""Sensitive acts ask for both factors again, five minutes after they were given."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.models import TotpDevice, User
from tests.browsing import Browser, code_at
from tests.cast import PASSWORD
from tests.web.console_case import ConsoleTestCase, console

LEA = {"display_name": "Léa Fontaine", "sign_in_name": "lea", "role": "etudiant", "last_day": ""}


class FreshFactor(ConsoleTestCase):
    def is_asked(self, browser: Browser, path: str = "") -> bool:
        answer = browser.post(path or console("role", self.karim.pk), {"role": "etudiant"})
        return answer.status_code == 422 and b"proof_code" in answer.content

    def test_nothing_is_done_before_both_are_given(self) -> None:
        self.assertTrue(self.is_asked(self.as_nadia))
        self.karim.refresh_from_db()
        self.assertEqual(self.karim.role, "preparateur")

    def test_what_was_typed_is_kept_in_the_question(self) -> None:
        answer = self.as_nadia.post(console("invite"), LEA)
        self.assertContains(answer, 'name="display_name" value="Léa Fontaine"', status_code=422)
        self.assertContains(answer, f'action="{console("invite")}"', status_code=422)

    def test_they_hold_for_five_minutes(self) -> None:
        start = timezone.now()
        with time_machine.travel(start):
            self.post(console("role", self.karim.pk), {"role": "etudiant"})
            self.assertEqual(Entry.objects.filter(event="account:proof").count(), 1)
        with time_machine.travel(start + timedelta(minutes=4, seconds=50)):
            self.assertFalse(self.is_asked(self.as_nadia))
        with time_machine.travel(start + timedelta(minutes=5, seconds=1)):
            self.assertTrue(self.is_asked(self.as_nadia))

    def test_signing_in_counts(self) -> None:
        browser = Browser()
        browser.post("/equipe/connexion", {"name": "nadia", "password": PASSWORD})
        browser.post("/equipe/code", {"code": code_at(self.phone)})
        self.assertFalse(self.is_asked(browser))

    def test_one_of_the_two_is_not_enough(self) -> None:
        good = {"proof_password": PASSWORD, "proof_code": code_at(self.phone)}
        for wrong in ({"proof_password": "Pas-le-bon-mot-7"}, {"proof_code": "000000"}, {"proof_code": ""}):
            TotpDevice.objects.update(last_t=-1, throttling_failure_count=0)
            with self.subTest(wrong):
                answer = self.as_nadia.post(console("deactivate", self.karim.pk), good | wrong)
                self.assertEqual(answer.status_code, 422)
                self.assertNotContains(answer, PASSWORD, status_code=422)
        self.assertTrue(User.objects.get(pk=self.karim.pk).active)
        self.assertTrue(Entry.objects.filter(event="account:proof-failed", actor=self.nadia.pk).exists())

    def test_too_many_tries_end_the_session(self) -> None:
        wrong = {"proof_password": "Pas-le-bon-mot-7", "proof_code": "000000"}
        for _ in range(5):
            self.assertEqual(self.as_nadia.post(console("deactivate", self.karim.pk), wrong).status_code, 422)
        over = self.as_nadia.post(console("deactivate", self.karim.pk), wrong)
        self.assertEqual(over["Location"], "/equipe/connexion")
        self.assertIn("connexion", self.as_nadia.get("/equipe/")["Location"])
