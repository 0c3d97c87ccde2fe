"""A passkey: a second factor like the phone, and the quickest way back to a workstation; of one person, at one host."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import override_settings
from django.utils import timezone
from time_machine import travel

from portal.audit.models import Entry
from portal.team import throttle
from portal.team.actions import reset_access
from portal.team.models import Passkey, RecoveryCode, Shift, TotpDevice, User
from portal.team.second_factor import new_recovery_codes
from portal.team.throttle import CODE as CODE_TRIES
from tests.authenticator import Authenticator, flipped, with_response
from tests.browsing import Browser, code_at, enrol, half_signed_in, phone_of, signed_in
from tests.cast import PASSWORD
from tests.web.account_case import AccountTestCase

HOME, SIGN_IN, CODE, LOCK = "/equipe/", "/equipe/connexion", "/equipe/code", "/equipe/verrou"
ACCESS, KEYS, OWN = "/equipe/mon-acces/", "/equipe/mon-acces/cles/", "/equipe/cle/defi/"
NEW = f"{KEYS}defi/"
PHONE = "/equipe/mon-acces/telephone/"


class WithPasskeys(AccountTestCase):
    """Karim's browser, over HTTPS as in production."""

    def setUp(self) -> None:
        super().setUp()
        self.key = Authenticator()
        self.browser = Browser()

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return self.browser.post(path, data or {}, secure=True)

    def question(self, path: str) -> dict[str, Any]:
        answer = self.post(path)
        self.assertEqual(answer.status_code, 200, path)
        found: dict[str, Any] = json.loads(answer.content)
        return found

    def add(self, key: Authenticator, name: str = "Clé bleue") -> Any:
        return self.post(KEYS, {"name": name, "passkey": key.make(self.question(NEW))})

    def be(self, user: User) -> None:
        """Signed in with the phone, both factors just given."""
        phone_of(user)
        self.browser = signed_in(user, self.soleil)
        self.browser.change_session(proved_at=timezone.now().timestamp())

    def type_password(self, user: User) -> Any:
        return self.post(SIGN_IN, {"name": user.sign_in_name, "password": PASSWORD})

    def last(self) -> str:
        return str(Entry.objects.latest("n").event)


class Adding(WithPasskeys):
    def test_karim_adds_a_key_beside_his_phone(self) -> None:
        self.be(self.karim)
        asked = self.question(NEW)
        self.assertEqual((asked["rp"]["id"], asked["user"]["name"]), ("soleil.localhost", "karim"))
        self.assertEqual(asked["authenticatorSelection"]["userVerification"], "required")

        self.assert_sent_to(self.add(self.key), ACCESS)

        self.assertEqual(self.last(), "account:passkey-add")
        self.assertContains(self.browser.get(ACCESS), "Clé bleue")
        kept = Passkey.objects.get()
        self.assertEqual((kept.user, kept.transports), (self.karim, ["usb"]))
        with connection.cursor() as cursor:
            cursor.execute("SELECT credential_id, public_key, digest FROM team_passkey")
            stored = b"".join(
                bytes(each) if not isinstance(each, str) else each.encode() for each in cursor.fetchone()
            )
        self.assertNotIn(self.key.credential_id, stored)
        self.assertEqual(len(self.question(NEW)["excludeCredentials"]), 1)

    def test_a_key_without_a_phone_is_a_full_second_factor_with_recovery_codes(self) -> None:
        self.assert_sent_to(self.type_password(self.karim), "/equipe/telephone")
        self.assertContains(self.browser.get("/equipe/telephone"), KEYS)

        self.assert_sent_to(self.add(self.key), "/equipe/codes-de-secours")

        self.assertEqual(RecoveryCode.objects.filter(user=self.karim).count(), 10)
        self.assertEqual(self.browser.get(HOME).status_code, 200)
        self.assert_sent_to(Browser().post(SIGN_IN, {"name": "karim", "password": PASSWORD}), CODE)

    def test_a_password_alone_adds_no_key_where_there_is_a_factor(self) -> None:
        phone_of(self.karim)
        self.browser = half_signed_in(self.karim, self.soleil)
        self.assertEqual(self.post(NEW).status_code, 404)
        self.assert_sent_to(self.post(KEYS, {"name": "x", "passkey": "{}"}), CODE)

    def test_an_open_screen_adds_no_key_without_both_factors(self) -> None:
        self.be(self.karim)
        self.browser.change_session(proved_at=(timezone.now() - timedelta(minutes=6)).timestamp())
        self.assertEqual(self.post(NEW).status_code, 404)
        self.assertContains(self.browser.get(KEYS), "Est-ce bien vous")

    def test_what_was_made_elsewhere_or_knows_nobody_is_refused(self) -> None:
        self.be(self.karim)
        for key in (
            Authenticator(origin="https://gare.localhost"),
            Authenticator(origin="https://contenu.soleil.localhost"),
            Authenticator(origin="http://soleil.localhost"),
            Authenticator(origin="https://soleil.localhost:8443"),
            Authenticator(verifies=False),
        ):
            self.assertContains(self.add(key), "n’a pas été acceptée", status_code=422)
        other = self.key.make(self.question(NEW) | {"rp": {"id": "localhost"}})
        self.assertEqual(self.post(KEYS, {"name": "x", "passkey": other}).status_code, 422)
        self.assertFalse(Passkey.objects.exists())

    def test_a_question_is_good_once_for_its_purpose_and_for_five_minutes(self) -> None:
        self.be(self.karim)
        answer = self.key.make(self.question(NEW))
        self.question(OWN)  # another question voids the first
        self.assertEqual(self.post(KEYS, {"name": "x", "passkey": answer}).status_code, 422)
        answer = self.key.make(self.question(NEW))
        with travel(timezone.now() + timedelta(minutes=5, seconds=1)):
            self.browser.change_session(proved_at=timezone.now().timestamp())
            self.assertEqual(self.post(KEYS, {"name": "x", "passkey": answer}).status_code, 422)
        answer = self.key.make(self.question(NEW))
        self.assertEqual(self.post(KEYS, {"name": "x", "passkey": answer}).status_code, 302)
        self.assertEqual(self.post(KEYS, {"name": "x", "passkey": answer}).status_code, 422)

    def test_one_credential_is_one_persons(self) -> None:
        self.be(self.karim)
        self.add(self.key)
        self.be(self.claire)
        self.assertEqual(self.add(self.key).status_code, 422)


class SigningIn(WithPasskeys):
    def setUp(self) -> None:
        super().setUp()
        self.be(self.karim)
        self.add(self.key)
        self.browser = Browser()

    def sign_in(self, key: Authenticator) -> Any:
        self.type_password(self.karim)
        return self.post(CODE, {"passkey": key.sign(self.question(OWN))})

    def test_password_and_key_lead_in(self) -> None:
        self.type_password(self.karim)
        self.assertContains(self.browser.get(CODE), "clé d’accès")
        self.assert_sent_to(self.post(CODE, {"passkey": self.key.sign(self.question(OWN))}), HOME)

        self.assertEqual(self.browser.get(HOME).status_code, 200)
        self.assertEqual(self.last(), "account:sign-in")
        self.assertIsNotNone(Passkey.objects.get().used_at)

    def test_what_somebody_else_signed_is_refused_and_in_the_journal(self) -> None:
        self.assertEqual(self.sign_in(Authenticator()).status_code, 422)
        self.assertEqual(self.last(), "account:second-factor-failed")
        self.key.verifies = False
        self.assertEqual(self.sign_in(self.key).status_code, 422)
        self.key.verifies, self.key.origin = True, "https://gare.localhost"
        self.assertEqual(self.sign_in(self.key).status_code, 422)

    def test_what_was_changed_on_the_way_is_refused(self) -> None:
        self.type_password(self.karim)
        signed = self.key.sign(self.question(OWN))
        signature = json.loads(signed)["response"]["signature"]
        bent = with_response(signed, signature=flipped(signature))
        self.assertEqual(self.post(CODE, {"passkey": bent}).status_code, 422)
        for odd in (
            "",
            "{",
            "[" * 9000,
            "null",
            "{}",
            '{"id": 3}',
            with_response(signed, authenticatorData="AA"),
        ):
            throttle.forgive(CODE_TRIES, str(self.karim.pk))
            self.question(OWN)
            refused = self.post(CODE, {"passkey": odd})
            self.assertEqual(refused.status_code, 422, odd[:20])
            self.assertNotContains(refused, "Trop d’essais", status_code=422)
        self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_a_copy_of_a_key_is_noticed_by_its_count(self) -> None:
        self.sign_in(self.key)
        self.key.count = 0
        self.browser = Browser()
        self.assertEqual(self.sign_in(self.key).status_code, 422)

    def test_six_tries_in_a_quarter_of_an_hour_are_too_many(self) -> None:
        self.type_password(self.karim)
        for _ in range(5):
            self.post(CODE, {"passkey": Authenticator().sign(self.question(OWN))})
        good = self.post(CODE, {"passkey": self.key.sign(self.question(OWN))})
        self.assertContains(good, "Trop d’essais", status_code=422)

    def test_a_key_of_soleil_opens_nothing_of_claire(self) -> None:
        phone_of(self.claire)
        self.type_password(self.claire)
        self.assertEqual(self.question(OWN)["allowCredentials"], [])
        self.assertEqual(self.post(CODE, {"passkey": self.key.sign(self.question(OWN))}).status_code, 422)

    def test_the_phone_may_go_and_the_last_factor_may_not(self) -> None:
        self.sign_in(self.key)
        self.assert_sent_to(self.post(f"{PHONE}retirer/"), ACCESS)
        self.assertFalse(TotpDevice.objects.filter(user=self.karim, confirmed=True).exists())
        page = self.browser.get(ACCESS)
        self.assertNotContains(page, "Retirer")
        self.assertEqual(self.post(f"{KEYS}{Passkey.objects.get().pk}/retirer/").status_code, 404)
        self.add(Authenticator(), "Mon téléphone")
        self.assert_sent_to(self.post(f"{KEYS}{Passkey.objects.get(name='Clé bleue').pk}/retirer/"), ACCESS)
        self.assertEqual(self.last(), "account:passkey-remove")
        self.assertEqual(self.browser.get(HOME).status_code, 302)  # the session stood on that key

    def test_another_phone_is_linked_within_a_quarter_of_an_hour_of_both_factors(self) -> None:
        self.sign_in(self.key)
        self.assert_sent_to(self.post(PHONE), "/equipe/telephone")
        self.assertContains(self.browser.get("/equipe/telephone"), "Relier ce téléphone")
        with travel(timezone.now() + timedelta(minutes=16)):
            self.browser.change_session(last_seen=timezone.now().timestamp())
            self.assert_sent_to(self.browser.get("/equipe/telephone"), HOME)

    def test_to_take_one_away_both_factors_are_given_and_a_key_is_one(self) -> None:
        self.sign_in(self.key)
        self.browser.change_session(proved_at=(timezone.now() - timedelta(minutes=6)).timestamp())
        path = f"{PHONE}retirer/"
        self.assertContains(self.post(path), "Confirmer par ma clé", status_code=422)
        answer = self.key.sign(self.question(OWN))
        wrong = self.post(path, {"proof_password": "pas-le-bon", "passkey": answer})
        self.assertEqual(wrong.status_code, 422)
        answer = self.key.sign(self.question(OWN))
        self.assert_sent_to(self.post(path, {"proof_password": PASSWORD, "passkey": answer}), ACCESS)

    def test_a_colleagues_key_is_not_there(self) -> None:
        self.be(self.claire)
        self.assertEqual(self.post(f"{KEYS}{Passkey.objects.get().pk}/retirer/").status_code, 404)
        self.assertTrue(Passkey.objects.exists())

    def test_a_new_access_forgets_them(self) -> None:
        reset_access(self.karim, by=self.nadia, now=timezone.now())
        self.assertFalse(Passkey.objects.exists())

    def test_who_lost_the_only_key_enters_by_a_recovery_code_and_links_a_phone(self) -> None:
        codes = new_recovery_codes(self.karim)
        TotpDevice.objects.filter(user=self.karim).delete()
        self.type_password(self.karim)
        self.assertContains(self.browser.get(CODE), "Je n’ai pas ma clé")
        self.assert_sent_to(self.post("/equipe/secours", {"code": codes[0]}), "/equipe/telephone")


class ComingBack(WithPasskeys):
    """At a workstation, by the name and the key."""

    def setUp(self) -> None:
        super().setUp()
        self.be(self.karim)
        self.add(self.key)
        self.browser = Browser()
        enrol(self.browser, self.nadia)
        self.type_password(self.karim)
        phone = TotpDevice.objects.filter(user=self.karim).latest("created_at")
        self.post(CODE, {"code": code_at(phone)})
        self.back = f"/equipe/retour/{self.karim.pk}/"

    def test_karim_returns_with_his_key_and_no_pin(self) -> None:
        self.browser.post(LOCK, headers={"Referer": "https://soleil.localhost/equipe/?p=2"}, secure=True)
        self.assertContains(self.browser.get(LOCK), self.back)
        self.assertContains(self.browser.get(self.back), "data-now")
        answer = self.key.sign(self.question(f"{self.back}defi/"))
        self.assert_sent_to(self.post(self.back, {"passkey": answer}), "/equipe/?p=2")
        self.assertEqual(self.browser.get(HOME).status_code, 200)

    def test_where_pins_are_not_wanted_keys_may_be(self) -> None:
        with override_settings(QUICK_RETURN="passkey"):
            answer = self.key.sign(self.question(f"{self.back}defi/"))
            self.assert_sent_to(self.post(self.back, {"passkey": answer}), HOME)

    def test_a_question_for_one_purpose_is_none_for_another(self) -> None:
        self.browser.post(LOCK)
        answer = self.key.sign(self.question(OWN))
        self.assertContains(
            self.post(self.back, {"passkey": answer}), "pas répondu comme il faut", status_code=422
        )
        self.assertEqual(self.browser.get(HOME).status_code, 302)

    def test_away_from_a_workstation_nobody_is_asked(self) -> None:
        self.assertEqual(Browser().post(f"{self.back}defi/").status_code, 404)

    def test_a_shift_that_began_with_a_key_ends_with_it(self) -> None:
        shift = Shift.objects.get()
        shift.proof = Passkey.objects.get().persistent_id
        shift.save(update_fields=["proof"])
        self.browser.change_session(proved_at=timezone.now().timestamp())
        self.assert_sent_to(self.post(f"{KEYS}{Passkey.objects.get().pk}/retirer/"), ACCESS)
        shift.refresh_from_db()
        self.assertIsNotNone(shift.ended_at)
