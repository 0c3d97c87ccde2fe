"""A counter changes hands: one's name, one's PIN, and one is where one was. Nobody is ever in another's session."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from threading import Thread
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.handover.models import Handover
from portal.team import pins, workstations
from portal.team.actions import deactivate, end_sessions, reset_access
from portal.team.models import Shift, TotpDevice, User, Workstation
from portal.team.pins import WrongPin, check_pin, choose_pin, is_fit
from portal.team.shifts import ShiftOver, begin_shift
from tests.base import CommittingPharmacyTestCase
from tests.browsing import Browser, code_at, enrol, phone_of
from tests.cast import PASSWORD
from tests.web.account_case import AccountTestCase

HOME, SIGN_IN, CODE, LOCK = "/equipe/", "/equipe/connexion", "/equipe/code", "/equipe/verrou"
UNLOCK, PIN, ACCESS = "/equipe/deverrouiller", "/equipe/mon-acces/pin/", "/equipe/mon-acces/"
RELAY = "/equipe/releve/"
KARIMS, CLAIRES = "581047", "902615"
MORNING = datetime(2026, 3, 10, 8, 30, tzinfo=ZoneInfo("Europe/Paris"))


def back(user: User) -> str:
    return f"/equipe/retour/{user.pk}/"


class Counter(AccountTestCase):
    """One workstation, on a morning; Karim and Claire have phones."""

    browser: Browser
    comptoir: Workstation

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.phones = {user.pk: phone_of(user) for user in (cls.karim, cls.claire)}

    def setUp(self) -> None:
        super().setUp()
        self.clock = self.enterContext(time_machine.travel(MORNING, tick=False))
        self.browser = Browser()
        self.comptoir = enrol(self.browser, self.nadia)

    def sign_in(self, user: User, pin: str = "") -> Any:
        """Both factors, through the door; and a PIN, if this person chooses one."""
        TotpDevice.objects.filter(user=user).update(last_t=-1)
        self.browser.post(SIGN_IN, {"name": user.sign_in_name, "password": PASSWORD})
        entered = self.browser.post(CODE, {"code": code_at(self.phones[user.pk])})
        if pin:
            entered = self.browser.post(PIN, {"pin": pin, "again": pin})
        return entered

    def after(self, **time: float) -> None:
        self.clock.shift(timedelta(**time))

    def leave(self, page: str = HOME) -> None:
        self.browser.post(LOCK, headers={"Referer": f"http://soleil.localhost{page}"})

    def who(self) -> str:
        return str(self.browser.session.get("person"))

    def last(self, event: Event) -> Entry:
        return Entry.objects.filter(event=event).latest("n")


class ComingBack(Counter):
    def test_the_first_time_a_pin_is_offered_and_the_page_that_was_asked_for_follows(self) -> None:
        self.browser.post(SIGN_IN, {"name": "karim", "password": PASSWORD, "next": "/equipe/?p=2"})
        self.assert_sent_to(self.browser.post(CODE, {"code": code_at(self.phones[self.karim.pk])}), PIN)
        self.assertContains(self.browser.get(PIN), "Comptoir 1")
        chosen = self.browser.post(PIN, {"pin": KARIMS, "again": KARIMS})
        self.assert_sent_to(chosen, "/equipe/?p=2")

        self.after(hours=1)
        self.assert_sent_to(self.sign_in(self.karim), HOME)

    @override_settings(ROOT_URLCONF="portal.urls")
    def test_the_handover_goes_from_one_session_to_the_next_on_one_workstation(self) -> None:
        """Claire had left another page: she is led to what she has to countersign, in her own session."""
        self.sign_in(self.claire, CLAIRES)
        self.leave("/equipe/?p=2")
        self.sign_in(self.karim, KARIMS)
        asked = self.browser.get(RELAY).content.decode()
        shown = re.search(r'name="shown" value="(\w+)"', asked)
        self.browser.post(f"{RELAY}signer/", {"shown": shown[1] if shown else ""})

        locked = self.browser.post(LOCK, {"next": RELAY})
        self.assertEqual(locked["Location"], f"{LOCK}?next=%2Fequipe%2Freleve%2F")
        self.assertContains(
            self.browser.get(locked["Location"]), f"{back(self.claire)}?next=%2Fequipe%2Freleve%2F"
        )
        self.assert_sent_to(self.browser.post(back(self.claire), {"pin": CLAIRES, "next": RELAY}), RELAY)

        self.assertEqual(self.who(), str(self.claire.pk))
        handover = Handover.objects.get()
        self.assertContains(self.browser.get(RELAY), "La relève de Karim")
        self.browser.post(f"{RELAY}{handover.pk}/contresigner/")
        handover.refresh_from_db()
        self.assertEqual((handover.left_by, handover.taken_by), (self.karim, self.claire))

    def test_somebody_who_was_not_here_today_is_led_to_the_handover_too_and_to_nothing_else(self) -> None:
        self.sign_in(self.karim, KARIMS)
        for left in (RELAY, "/equipe/?p=2"):
            with self.subTest(left):
                here = self.browser.get(self.browser.post(LOCK, {"next": left})["Location"]).content.decode()
                found = re.search(r'href="([^"]*autre=1[^"]*)"', here)
                asked = self.browser.get(unescape(found[1] if found else ""))
                self.assertContains(asked, 'name="next"', count=int(left == RELAY))

    def test_where_there_is_no_counter_who_comes_is_led_to_the_handover_too(self) -> None:
        away = Browser()
        TotpDevice.objects.filter(user=self.karim).update(last_t=-1)
        away.post(SIGN_IN, {"name": self.karim.sign_in_name, "password": PASSWORD})
        away.post(CODE, {"code": code_at(self.phones[self.karim.pk])})
        locked = away.get(away.post(LOCK, {"next": RELAY})["Location"])

        self.assertContains(locked, f'name="next" value="{RELAY}"', count=2)
        self.assertContains(
            away.post("/equipe/deconnexion", {"next": RELAY}), f"{SIGN_IN}?next=%2Fequipe%2Freleve%2F"
        )

    def test_a_name_and_a_pin_lead_back_to_the_page_that_was_left(self) -> None:
        self.sign_in(self.karim, KARIMS)
        self.leave("/equipe/?p=3")
        sid = self.browser.sid

        self.assertContains(self.browser.get(LOCK), back(self.karim))
        self.assertContains(self.browser.get(back(self.karim)), "Votre code PIN")
        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), "/equipe/?p=3")

        self.assertEqual(self.browser.get(HOME).status_code, 200)
        self.assertEqual(self.browser.sid, sid)  # his own locked session, opened again

    def test_claire_comes_in_where_karim_was_and_each_finds_their_own(self) -> None:
        self.sign_in(self.karim, KARIMS)
        self.leave("/equipe/?p=3")
        self.sign_in(self.claire, CLAIRES)
        self.leave("/equipe/?p=7")
        claires = self.browser.sid

        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), "/equipe/?p=3")

        self.assertEqual(self.who(), str(self.karim.pk))
        self.assertNotEqual(self.browser.sid, claires)
        self.assertFalse(Session.objects.filter(pk=claires).exists())
        self.assertEqual(Browser.with_session(claires).get(HOME).status_code, 302)
        self.leave()
        self.assert_sent_to(self.browser.post(back(self.claire), {"pin": CLAIRES}), "/equipe/?p=7")
        self.assertEqual(self.who(), str(self.claire.pk))
        self.assertEqual(self.last(Event.RETURN).actor, self.claire.pk)

    def test_what_was_covered_by_the_idle_lock_opens_in_place_for_its_owner_and_leads_others_away(
        self,
    ) -> None:
        self.sign_in(self.claire, CLAIRES)
        self.leave()
        self.sign_in(self.karim, KARIMS)
        self.after(minutes=16)
        self.assertEqual(self.browser.htmx("get", HOME).status_code, 401)
        cover = self.browser.htmx("get", UNLOCK)
        self.assertContains(cover, "Qui est là")
        self.assertNotContains(cover, "<html")

        his = self.browser.htmx("get", back(self.karim))
        self.assertContains(his, f'hx-post="{back(self.karim)}"')
        self.assertNotContains(self.browser.htmx("get", back(self.claire)), "hx-post")
        opened = self.browser.htmx("post", back(self.karim), {"pin": KARIMS})

        self.assertContains(opened, "data-unlocked")
        self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_without_a_session_the_counter_still_knows_who_was_here_today(self) -> None:
        self.sign_in(self.karim, KARIMS)
        self.browser.cookies.pop("__Host-sid")

        page = self.browser.get(SIGN_IN)
        self.assertContains(page, back(self.karim))
        self.assertNotContains(page, back(self.claire))
        self.assertContains(self.browser.get(f"{SIGN_IN}?autre=1"), "Votre mot de passe")
        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), HOME)

    def test_a_page_of_karim_can_do_nothing_once_claire_is_here(self) -> None:
        self.sign_in(self.claire, CLAIRES)
        self.leave()
        self.sign_in(self.karim, KARIMS)
        strict = Browser(enforce_csrf_checks=True)
        strict.cookies = self.browser.cookies
        page = strict.get(ACCESS)
        found = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page.content)
        assert found is not None
        self.browser.post(back(self.claire), {"pin": CLAIRES})

        late = strict.post("/equipe/deconnexion", {"csrfmiddlewaretoken": found[1].decode()})

        self.assertEqual(late.status_code, 403)
        self.assertEqual(self.browser.get(HOME).status_code, 200)
        self.assertEqual(self.browser.get(HOME)["Cache-Control"], "no-store")

    def test_a_pin_does_not_stand_for_both_factors_before_a_sensitive_act(self) -> None:
        self.sign_in(self.karim, KARIMS)
        self.after(minutes=6)
        self.leave()
        self.browser.post(back(self.karim), {"pin": KARIMS})

        self.assertContains(self.browser.get(PIN), "Est-ce bien vous")


class GoingBackToBothFactors(Counter):
    def setUp(self) -> None:
        super().setUp()
        self.sign_in(self.karim, KARIMS)

    def assert_asked_for_both(self) -> None:
        self.assertNotContains(self.browser.get(SIGN_IN), back(self.karim))
        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), f"{SIGN_IN}?autre=1")
        self.browser.cookies.pop("__Host-sid", None)
        self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_five_wrong_pins(self) -> None:
        self.leave()
        for left in (4, 3, 2):
            answer = self.browser.post(back(self.karim), {"pin": "000000"})
            self.assertContains(answer, f"Encore {left} essais", status_code=422)
        self.assertContains(
            self.browser.post(back(self.karim), {"pin": "1"}), "Encore un essai", status_code=422
        )
        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": "000000"}), f"{SIGN_IN}?autre=1")

        self.assertEqual(self.last(Event.PIN_STOPPED).object_id, self.karim.pk)
        self.assert_sent_to(
            self.browser.post(UNLOCK, {"password": PASSWORD}), SIGN_IN
        )  # one factor is not two
        self.assert_asked_for_both()
        self.sign_in(self.karim)
        self.leave()
        self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), HOME)

    def test_a_right_pin_forgives_the_wrong_ones(self) -> None:
        for _ in range(3):
            self.leave()
            for _ in range(4):
                self.browser.post(back(self.karim), {"pin": "000000"})
            self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), HOME)

    def test_the_end_of_his_shift(self) -> None:
        self.assertContains(self.browser.get(ACCESS), "Fin de service")
        self.browser.post("/equipe/deconnexion")
        self.assertEqual(self.last(Event.SHIFT_END).object_id, self.karim.pk)
        self.assert_asked_for_both()

    def test_twelve_hours(self) -> None:
        for _ in range(11):
            self.after(hours=1)
            self.leave()
            self.assert_sent_to(self.browser.post(back(self.karim), {"pin": KARIMS}), HOME)
        self.after(hours=1, seconds=1)
        self.assertEqual(self.browser.get(HOME).status_code, 302)
        self.assert_asked_for_both()

    def test_the_hour_at_which_every_shift_ends(self) -> None:
        with override_settings(SHIFT_ENDS="12:30"):
            self.after(hours=3, minutes=59)
            self.assertContains(self.browser.get(SIGN_IN), back(self.karim))
            self.after(minutes=2)
            self.assert_asked_for_both()

    def test_a_workstation_taken_out_of_service(self) -> None:
        workstations.revoke(self.comptoir, by=self.nadia, now=timezone.now())
        self.assertEqual(self.browser.get(HOME).status_code, 200)  # until the screen locks
        self.leave()
        self.assertContains(self.browser.get(LOCK), "Votre mot de passe")
        self.assertEqual(self.browser.post(back(self.karim), {"pin": KARIMS}).status_code, 404)

    def test_sessions_ended_elsewhere(self) -> None:
        end_sessions(self.karim)
        self.assert_asked_for_both()

    def test_an_account_closed(self) -> None:
        deactivate(self.karim, by=self.nadia, now=timezone.now())
        self.assert_asked_for_both()
        self.assertIsNone(Shift.objects.get(user=self.karim).pin)

    def test_a_new_access(self) -> None:
        reset_access(self.karim, by=self.nadia, now=timezone.now())
        self.assert_asked_for_both()
        self.assertIsNone(Shift.objects.get(user=self.karim).pin)

    def test_a_last_day_that_is_over(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(active_until=timezone.localdate() - timedelta(days=1))
        self.assert_asked_for_both()

    def test_another_browser_or_another_workstation(self) -> None:
        self.assertEqual(Browser().post(back(self.karim), {"pin": KARIMS}).status_code, 404)
        other = Browser()
        enrol(other, self.nadia, "Comptoir 2")
        self.assertNotContains(other.get(SIGN_IN), back(self.karim))
        self.assert_sent_to(other.post(back(self.karim), {"pin": KARIMS}), f"{SIGN_IN}?autre=1")

    def test_where_it_is_not_wanted(self) -> None:
        with override_settings(QUICK_RETURN="off"):
            self.assertEqual(self.browser.post(back(self.karim), {"pin": KARIMS}).status_code, 404)
            self.assertNotContains(self.browser.get(SIGN_IN), back(self.karim))
        with override_settings(QUICK_RETURN="passkey"):
            self.assertEqual(self.browser.get(PIN).status_code, 404)
            self.assert_asked_for_both()


class ChoosingAPin(Counter):
    def test_those_that_anybody_would_try_are_refused(self) -> None:
        for pin in ("000000", "112233", "123456", "654321", "246802", "121212", "123123", "111112", "140789"):
            self.assertFalse(is_fit(pin), pin)
        for pin in ("58104", "5810477", "58104a", "٥٨١٠٤٧", ""):
            self.assertFalse(is_fit(pin), pin)
        for pin in (KARIMS, CLAIRES, "730951"):
            self.assertTrue(is_fit(pin), pin)

    def test_it_is_typed_twice_and_never_shown_again(self) -> None:
        self.sign_in(self.karim)
        other = self.browser.post(PIN, {"pin": KARIMS, "again": CLAIRES})
        self.assertContains(other, "ne sont pas les mêmes", status_code=422)
        self.assertNotContains(other, KARIMS, status_code=422)
        self.assertContains(
            self.browser.post(PIN, {"pin": "123456", "again": "123456"}), "se devine", status_code=422
        )
        self.assertIsNone(Shift.objects.get().pin)

    def test_it_is_kept_hashed_and_of_no_use_to_another_person_or_workstation(self) -> None:
        self.sign_in(self.karim, KARIMS)
        shift = Shift.objects.get()
        self.assertNotIn(KARIMS, str(shift.pin))
        other, _ = workstations.enrol(name="Comptoir 2", by=self.nadia, now=timezone.now())
        moved, _ = begin_shift(self.karim, at=other, proof=shift.proof, now=timezone.now())
        moved.pin = shift.pin
        moved.save(update_fields=["pin"])
        with self.assertRaises(WrongPin):
            check_pin(moved, KARIMS, now=timezone.now())

    def test_it_is_taken_back(self) -> None:
        self.sign_in(self.karim, KARIMS)
        self.assert_sent_to(self.browser.post(f"{PIN}retirer/"), ACCESS)
        self.assertNotContains(self.browser.get(SIGN_IN), back(self.karim))
        self.assertContains(self.browser.get(ACCESS), "Choisir un code PIN")

    def test_away_from_a_workstation_there_is_none_to_choose(self) -> None:
        del self.browser.cookies["__Host-poste"]
        self.assert_sent_to(self.sign_in(self.karim), HOME)
        self.assertEqual(self.browser.get(PIN).status_code, 404)
        self.assertContains(self.browser.get(ACCESS), "pas sur un poste enrôlé")


class ManyTriesAtOnce(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        workstation, _ = workstations.enrol(name="Comptoir 1", by=self.nadia, now=timezone.now())
        self.shift, _ = begin_shift(self.karim, at=workstation, proof="-", now=timezone.now())
        choose_pin(self.shift, KARIMS, by=self.karim)
        self.shift.refresh_from_db()

    def test_a_thousand_tries_at_once_are_five_looks(self) -> None:
        outcomes: list[type[Exception]] = []

        def try_many(first: int) -> None:
            connection.set_tenant(self.soleil)
            try:
                for number in range(first, first + 125):
                    try:
                        check_pin(self.shift, f"{number:06}", now=timezone.now())
                    except (WrongPin, ShiftOver) as refused:
                        outcomes.append(type(refused))
            finally:
                connection.close()

        hands = [Thread(target=try_many, args=[first]) for first in range(0, 1000, 125)]
        with patch.object(pins, "check_password", return_value=False) as looked:
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()

        self.assertEqual((looked.call_count, len(outcomes)), (5, 1000))
        self.assertEqual(Entry.objects.filter(event=Event.PIN_STOPPED).count(), 1)
        self.shift.refresh_from_db()
        self.assertIsNotNone(self.shift.ended_at)
