"""A counter left alone is covered, and opens again where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from portal.audit.models import Entry
from portal.team import login
from portal.team.models import TotpDevice
from tests.browsing import code_at, half_signed_in, signed_in
from tests.cast import PASSWORD
from tests.web.account_case import AccountTestCase

HOME, LOCK, UNLOCK = "/equipe/", "/equipe/verrou", "/equipe/deverrouiller"


class LeftAlone(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser = signed_in(self.karim, self.soleil)
        self.start = timezone.now()

    def after(self, minutes: float) -> Any:
        return time_machine.travel(self.start + timedelta(minutes=minutes))

    def test_after_fourteen_minutes_the_page_is_still_there(self) -> None:
        with self.after(14):
            self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_after_sixteen_minutes_a_page_leads_to_the_lock_and_back(self) -> None:
        with self.after(16):
            self.assert_sent_to(self.browser.get(HOME + "?p=2"), f"{LOCK}?next=%2Fequipe%2F%3Fp%3D2")
            page = self.browser.get(f"{LOCK}?next=%2Fequipe%2F%3Fp%3D2")
            self.assertContains(page, "Karim Belkacem")
            self.assertContains(page, 'name="next" value="/equipe/?p=2"')

            opened = self.browser.post(UNLOCK, {"password": PASSWORD, "next": "/equipe/?p=2"})

            self.assert_sent_to(opened, "/equipe/?p=2")
            self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_after_sixteen_minutes_htmx_is_refused_and_the_page_stays(self) -> None:
        with self.after(16):
            answer = self.browser.htmx("post", HOME, {"body": "ce que j’écrivais"})
            self.assertEqual((answer.status_code, answer.content), (401, b""))
            self.assertEqual(answer["HX-Trigger"], "officinal:locked")

            cover = self.browser.htmx("get", UNLOCK)
            self.assertContains(cover, "Déverrouiller")
            self.assertNotContains(cover, "<html")
            opened = self.browser.htmx("post", UNLOCK, {"password": PASSWORD})

            self.assertContains(opened, "data-unlocked")
            self.assertContains(opened, "csrfmiddlewaretoken")
            self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_work_keeps_the_screen_open_and_polling_does_not(self) -> None:
        for minutes in (10, 20, 30):
            with self.after(minutes):
                self.assertEqual(self.browser.get(HOME).status_code, 200)
        for minutes in range(31, 45):
            with self.after(minutes):
                self.assertEqual(self.browser.get(HOME, headers={"X-Unattended": "1"}).status_code, 200)
        with self.after(46):
            self.assertEqual(self.browser.get(HOME, headers={"X-Unattended": "1"}).status_code, 401)

    def test_reading_without_a_click_keeps_the_screen_open(self) -> None:
        for minutes in (10, 20):
            with self.after(minutes):
                self.assertEqual(self.browser.htmx("get", LOCK).status_code, 204)
        with self.after(30):
            self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_asking_for_the_cover_keeps_nothing_open(self) -> None:
        for minutes in (5, 10, 14):
            with self.after(minutes):
                self.browser.htmx("get", UNLOCK)
        with self.after(16):
            self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_the_code_of_the_phone_opens_too(self) -> None:
        phone = TotpDevice.objects.get(user=self.karim)
        with self.after(16):
            self.assert_sent_to(self.browser.post(UNLOCK, {"password": code_at(phone)}), HOME)
            self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_another_password_does_not_open(self) -> None:
        with self.after(16):
            for wrong in ("pas-le-bon", "000000", ""):
                answer = self.browser.htmx("post", UNLOCK, {"password": wrong})
                self.assertEqual(answer.status_code, 422, wrong)
            self.assertEqual(self.browser.get(HOME).status_code, 302)
        self.assertIn("account:unlock-failed", Entry.objects.values_list("event", flat=True))

    def test_six_wrong_passwords_end_the_session(self) -> None:
        with self.after(16):
            answers = [self.browser.htmx("post", UNLOCK, {"password": "pas-le-bon"}) for _ in range(6)]
            self.assertEqual([answer.status_code for answer in answers], [422] * 5 + [401])
            self.assertEqual(answers[-1]["HX-Redirect"], "/equipe/connexion")
            self.assertEqual(
                self.browser.post(UNLOCK, {"password": PASSWORD})["Location"], "/equipe/connexion"
            )

    def test_twelve_hours_end_a_locked_session_too(self) -> None:
        with self.after(12 * 60 + 1):
            self.assertEqual(
                self.browser.post(UNLOCK, {"password": PASSWORD})["Location"], "/equipe/connexion"
            )


class LockedOnPurpose(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser = signed_in(self.karim, self.soleil)

    def test_the_screen_is_locked_at_once_and_it_is_in_the_journal(self) -> None:
        self.assertEqual(self.browser.htmx("post", LOCK).status_code, 204)

        self.assertEqual(self.browser.get(HOME).status_code, 302)
        self.assertEqual(Entry.objects.latest("n").event, "account:lock")

    def test_a_request_that_began_before_the_lock_does_not_undo_it(self) -> None:
        slow = SessionStore(self.browser.sid)
        slow.load()
        self.browser.post(LOCK)

        with time_machine.travel(timezone.now() + timedelta(minutes=5)):
            login.touch(slow, now=timezone.now())
            self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_presence_does_not_open_a_lock(self) -> None:
        self.browser.post(LOCK)
        self.assertEqual(self.browser.htmx("get", LOCK).status_code, 200)
        self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_a_colleague_may_sign_out_whoever_left(self) -> None:
        self.browser.post(LOCK)
        self.assertContains(self.browser.post("/equipe/deconnexion"), "À bientôt")

    def test_a_half_open_session_is_not_opened_by_the_lock(self) -> None:
        half = half_signed_in(self.karim, self.soleil)
        for method, path in (("get", LOCK), ("post", LOCK), ("get", UNLOCK), ("post", UNLOCK)):
            self.assert_sent_to(getattr(half, method)(path, {"password": PASSWORD}), "/equipe/code")
