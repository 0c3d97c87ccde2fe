"""Coming in by name, password and code; going out."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.test import override_settings
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.actions import change_role, deactivate, reset_access
from portal.team.models import RecoveryCode, Role, TotpDevice, User
from portal.team.second_factor import confirm_enrolment, prepare_enrolment
from tests.browsing import Browser, code_at, half_signed_in, phone_of, signed_in
from tests.cast import PASSWORD
from tests.web.account_case import AccountTestCase

SIGN_IN, CODE, PHONE, HOME = "/equipe/connexion", "/equipe/code", "/equipe/telephone", "/equipe/"


class SignIn(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.phone = phone_of(self.karim)
        self.browser = Browser()

    def give_password(self, name: str = "karim", password: str = PASSWORD, **more: str) -> object:
        return self.browser.post(SIGN_IN, {"name": name, "password": password} | more)

    def give_code(self, code: str) -> object:
        return self.browser.post(CODE, {"code": code})

    def test_password_then_code_lead_to_the_messages(self) -> None:
        self.assert_sent_to(self.give_password(), CODE)
        self.assert_sent_to(self.browser.get(HOME), f"{CODE}?next=%2Fequipe%2F")

        self.assert_sent_to(self.give_code(code_at(self.phone)), HOME)

        self.assertContains(self.browser.get(HOME), "Messages")

    def test_the_name_is_taken_however_it_is_typed(self) -> None:
        self.assert_sent_to(self.give_password(name=" Karim "), CODE)

    def test_a_code_typed_in_two_groups_is_taken(self) -> None:
        self.give_password()
        code = code_at(self.phone)
        self.assert_sent_to(self.give_code(f"{code[:3]} {code[3:]}"), HOME)

    def test_the_session_has_another_key_after_each_step(self) -> None:
        self.browser.cookies["__Host-sid"] = "a-key-chosen-by-somebody-else"
        self.give_password()
        half = self.browser.sid
        self.give_code(code_at(self.phone))

        self.assertEqual(len({"a-key-chosen-by-somebody-else", half, self.browser.sid}), 3)
        thief = Browser()
        for stolen in ("a-key-chosen-by-somebody-else", half):
            thief.cookies["__Host-sid"] = stolen
            self.assertIn(SIGN_IN, thief.get(HOME)["Location"])

    def test_a_code_is_good_once(self) -> None:
        self.give_password()
        code = code_at(self.phone)
        self.give_code(code)

        self.browser = Browser()
        self.give_password()

        self.assertContains(self.give_code(code), "Ce code n’est pas bon", status_code=422)

    def test_the_code_before_and_the_code_after_are_taken_and_no_other(self) -> None:
        for steps, taken in ((-2, False), (-1, True), (1, True), (2, False)):
            TotpDevice.objects.update(last_t=-1, throttling_failure_count=0)
            self.browser = Browser()
            self.give_password()
            with self.subTest(steps):
                self.assertEqual(self.give_code(code_at(self.phone, steps=steps)).status_code == 302, taken)

    def test_whoever_is_refused_cannot_tell_why(self) -> None:
        replaced = User.objects.get(pk=self.claire.pk)
        replaced.active_until = timezone.localdate() - timedelta(days=1)
        replaced.save(update_fields=["active_until"])
        User(sign_in_name="lea", display_name="Léa", role=Role.ETUDIANT, password="!").save()

        answers = [
            self.give_password(name=name, password=password)
            for name, password in (
                ("karim", "Pas-le-bon-mot-7"),
                ("inconnu", PASSWORD),
                ("claire", PASSWORD),
                ("lea", ""),
                ("lea", PASSWORD),
            )
        ]

        del answers[3]  # an empty field is another answer: nothing was tried
        self.assertEqual({answer.status_code for answer in answers}, {422})
        bodies = {
            answer.content.split(b"<form")[0] + answer.content.split(b"Nom ou mot")[1][:60]
            for answer in answers
        }
        self.assertEqual(len(bodies), 1)

    def test_a_forged_address_gives_no_more_tries(self) -> None:
        for behind_proxy, seen in ((False, ""), (True, ", 203.0.113.7")):
            with self.subTest(behind_proxy), override_settings(BEHIND_PROXY=behind_proxy):
                statuses = [self.try_from(f"10.0.0.{number}{seen}") for number in range(7)]
                self.assertEqual(statuses, [422] * 5 + [429] * 2)

    @override_settings(BEHIND_PROXY=True)
    def test_behind_the_proxy_each_visitor_is_counted_apart(self) -> None:
        self.assertEqual({self.try_from(f"203.0.113.{number}") for number in range(7)}, {422})

    def try_from(self, forwarded: str) -> int:
        form = {"name": "karim", "password": "Pas-le-bon-mot-7"}
        status: int = self.browser.post(SIGN_IN, form, headers={"X-Forwarded-For": forwarded}).status_code
        return status

    def test_refusals_are_in_the_journal_without_the_name_that_was_typed(self) -> None:
        self.give_password(password="Pas-le-bon-mot-7")
        self.give_password(name="dupont")

        entries = Entry.objects.filter(event="account:sign-in-failed").order_by("n")
        self.assertEqual([entry.object_id for entry in entries], [self.karim.id, None])
        self.assertEqual({(entry.actor, entry.detail) for entry in entries}, {(None, "")})

    def test_one_lands_where_one_wanted_to_go(self) -> None:
        asked = self.browser.get("/equipe/codes-de-secours")
        self.assert_sent_to(asked, f"{SIGN_IN}?next=%2Fequipe%2Fcodes-de-secours")
        self.assertContains(
            self.browser.get(asked["Location"]), 'name="next" value="/equipe/codes-de-secours"'
        )

        self.give_password(next="/equipe/codes-de-secours")

        self.assert_sent_to(self.give_code(code_at(self.phone)), "/equipe/codes-de-secours")

    def test_nobody_is_led_elsewhere(self) -> None:
        for elsewhere in (
            "https://mal.example/",
            "//mal.example/equipe/",
            "javascript:alert(1)",
            "/",
        ):
            self.browser = Browser()
            self.give_password(next=elsewhere)
            with self.subTest(elsewhere):
                TotpDevice.objects.update(last_t=-1)
                self.assert_sent_to(self.give_code(code_at(self.phone)), HOME)

    def test_a_session_that_waits_for_its_code_ends_after_a_quarter_of_an_hour(self) -> None:
        self.give_password()
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            self.assertIn(SIGN_IN, self.give_code(code_at(self.phone))["Location"])

    def test_a_signed_in_person_is_not_asked_again(self) -> None:
        browser = signed_in(self.karim, self.soleil)
        self.assert_sent_to(browser.get(CODE), HOME)


class WithoutThePhone(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        pending = prepare_enrolment(self.karim)
        self.codes = confirm_enrolment(self.karim, code_at(pending), now=timezone.now())
        self.browser = half_signed_in(self.karim, self.soleil)

    def use(self, code: str) -> object:
        return self.browser.post("/equipe/secours", {"code": code})

    def test_a_recovery_code_lets_in_and_lets_a_new_phone_be_linked(self) -> None:
        self.assert_sent_to(self.use(self.codes[3].upper()), PHONE)
        self.assertContains(self.browser.get(HOME), "Messages")
        self.assertContains(self.browser.get(PHONE), "Plus tard")
        self.assertEqual(RecoveryCode.objects.filter(user=self.karim, used_at=None).count(), 9)

        pending = TotpDevice.objects.get(user=self.karim, confirmed=False)
        self.browser.post(PHONE, {"code": code_at(pending, steps=1)})

        self.assertEqual(TotpDevice.objects.get(user=self.karim).pk, pending.pk)
        self.assertFalse(self.codes[0] in self.browser.get("/equipe/codes-de-secours").content.decode())

    def test_a_recovery_code_is_good_once(self) -> None:
        self.use(self.codes[0])
        self.browser = half_signed_in(self.karim, self.soleil)
        self.assertContains(self.use(self.codes[0]), "déjà servi", status_code=422)

    def test_the_codes_of_one_person_are_not_those_of_another(self) -> None:
        phone_of(self.claire)
        self.browser = half_signed_in(self.claire, self.soleil)
        self.assertEqual(self.use(self.codes[0]).status_code, 422)

    def test_a_password_alone_cannot_replace_a_phone(self) -> None:
        prepare_enrolment(self.karim)
        self.assert_sent_to(self.browser.get(PHONE), HOME)
        self.assertEqual(self.browser.get("/equipe/telephone.svg").status_code, 404)
        pending = TotpDevice.objects.get(user=self.karim, confirmed=False)
        self.assert_sent_to(self.browser.post(PHONE, {"code": code_at(pending)}), HOME)
        self.assertFalse(TotpDevice.objects.get(pk=pending.pk).confirmed)


class EndOfASession(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser = signed_in(self.karim, self.soleil)
        self.assertEqual(self.browser.get(HOME).status_code, 200)

    def assert_out(self, browser: Browser) -> None:
        self.assertIn(SIGN_IN, browser.get(HOME).headers.get("Location", "still in"))

    def test_signing_out_leaves_nothing_to_go_back_to(self) -> None:
        old = self.browser.sid
        self.assertEqual(self.browser.get(HOME)["Cache-Control"], "no-store")

        bye = self.browser.post("/equipe/deconnexion")

        self.assertContains(bye, "À bientôt")
        self.assertEqual(bye["Clear-Site-Data"], '"cache", "storage"')
        self.browser.cookies["__Host-sid"] = old
        self.assert_out(self.browser)
        self.assertEqual(Entry.objects.latest("n").event, "account:sign-out")

    def test_signing_out_is_not_a_link(self) -> None:
        self.assertEqual(self.browser.get("/equipe/deconnexion").status_code, 405)
        self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_twelve_hours_are_the_longest_even_at_work(self) -> None:
        start = timezone.now()
        for minutes in range(10, 720, 10):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                self.browser.get(HOME)
        with time_machine.travel(start + timedelta(minutes=719)):
            self.assertEqual(self.browser.get(HOME).status_code, 200)
        with time_machine.travel(start + timedelta(minutes=721)):
            self.assert_out(self.browser)

    def test_what_is_done_to_an_account_is_felt_at_its_next_request(self) -> None:
        acts = (
            lambda: deactivate(User.objects.get(pk=self.claire.pk), by=self.nadia, now=timezone.now()),
            lambda: change_role(User.objects.get(pk=self.claire.pk), to=Role.REMPLACANT, by=self.nadia),
            lambda: reset_access(User.objects.get(pk=self.claire.pk), by=self.nadia, now=timezone.now()),
        )
        for act in acts:
            User.objects.filter(pk=self.claire.pk).update(active=True)
            claire = signed_in(User.objects.get(pk=self.claire.pk), self.soleil)
            self.assertEqual(claire.get(HOME).status_code, 200)
            act()
            self.assert_out(claire)

    def test_the_last_day_of_a_remplacant_ends_the_session(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(active_until=timezone.localdate() - timedelta(days=1))
        self.assert_out(self.browser)

    def test_a_phone_that_was_taken_away_no_longer_vouches(self) -> None:
        TotpDevice.objects.filter(user=self.karim).delete()
        self.assert_sent_to(self.browser.get(HOME), f"{PHONE}?next=%2Fequipe%2F")

    def test_a_cookie_of_soleil_is_nobody_at_gare(self) -> None:
        stranger = Browser("gare.localhost")
        stranger.cookies["__Host-sid"] = self.browser.sid
        self.assert_out(stranger)

    def test_a_session_copied_into_another_pharmacy_is_nobody_there(self) -> None:
        self.browser.change_session(pharmacy=str(self.gare.id))
        self.assert_out(self.browser)

    def test_htmx_is_told_to_go_and_sign_in(self) -> None:
        self.browser.post("/equipe/deconnexion")
        answer = self.browser.htmx("get", HOME)
        self.assertEqual((answer.status_code, answer["HX-Redirect"]), (401, SIGN_IN))


class Demonstration(AccountTestCase):
    def test_nothing_of_it_shows_where_real_people_sign_in(self) -> None:
        self.assertNotContains(Browser().get(SIGN_IN), "Démonstration")
        phone_of(self.karim)
        self.assertNotContains(half_signed_in(self.karim, self.soleil).get(CODE), "Code du moment")

    @override_settings(DEMO=True, DEMO_PASSWORD=PASSWORD)
    def test_the_people_are_one_click_away_and_the_code_is_shown(self) -> None:
        page = Browser().get(SIGN_IN)
        self.assertContains(page, "Karim Belkacem")
        self.assertContains(page, PASSWORD)

        phone = phone_of(self.karim)
        browser = half_signed_in(self.karim, self.soleil)
        self.assertContains(browser.get(CODE), f"<b>{code_at(phone)}</b>")

    @override_settings(DEMO=True, DEMO_PASSWORD=PASSWORD)
    def test_signing_in_twice_within_half_a_minute_shows_the_next_code(self) -> None:
        phone = phone_of(self.karim)
        browser = half_signed_in(self.karim, self.soleil)
        browser.post(CODE, {"code": code_at(phone)})

        again = half_signed_in(self.karim, self.soleil)
        self.assertContains(again.get(CODE), f"<b>{code_at(phone, steps=1)}</b>")
        self.assert_sent_to(again.post(CODE, {"code": code_at(phone, steps=1)}), HOME)
