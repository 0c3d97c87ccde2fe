"""The first day of a new colleague: link, password, phone, codes, messages."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.actions import invite
from portal.team.models import RecoveryCode, Role, TotpDevice, User
from portal.team.second_factor import pending_device
from tests.browsing import Browser, code_at
from tests.web.account_case import AccountTestCase

PASSWORD = "Trois-renards-bleus-7"

EVERY_SECRET = """
SELECT t::text FROM team_totpdevice t UNION ALL SELECT r::text FROM team_recoverycode r
UNION ALL SELECT a::text FROM team_accesslink a
"""


class FirstSignIn(AccountTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser = Browser()
        self.lea, self.token = invite(
            sign_in_name="lea",
            display_name="Léa Fontaine",
            role=Role.PREPARATEUR,
            by=self.nadia,
            now=timezone.now(),
        )
        self.link = f"/equipe/invitation/{self.token}"

    def accept(self, **fields: str) -> Any:
        return self.browser.post(
            self.link, {"name": "lea.f", "password": PASSWORD, "again": PASSWORD} | fields
        )

    @staticmethod
    def codes_on(page: Any) -> list[str]:
        return re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", page.content.decode())

    def test_from_the_link_to_the_messages(self) -> None:
        welcome = self.browser.get(self.link)
        self.assertContains(welcome, "Bienvenue, Léa Fontaine")
        self.assertContains(welcome, "Préparateur")

        self.assert_sent_to(self.accept(), "/equipe/telephone")
        page = self.browser.get("/equipe/telephone")
        device = pending_device(self.lea)
        assert device is not None
        self.assertContains(page, "Relier votre téléphone")

        linked = self.browser.post("/equipe/telephone", {"code": code_at(device)})
        self.assert_sent_to(linked, "/equipe/codes-de-secours")
        codes = self.codes_on(self.browser.get(linked.url))
        self.assertEqual(len(set(codes)), 10)

        kept = self.browser.post("/equipe/codes-de-secours")
        self.assert_sent_to(kept, "/equipe/")
        self.assertEqual(self.browser.get("/equipe/").status_code, 200)
        self.assertEqual(
            list(Entry.objects.filter(actor=self.lea.id).order_by("n").values_list("event", flat=True)),
            ["team:accept", "account:second-factor-set", "account:sign-in"],
        )

    def test_the_square_holds_the_secret_and_is_a_picture(self) -> None:
        self.accept()

        square = self.browser.get("/equipe/telephone.svg")

        self.assertEqual(square["Content-Type"], "image/svg+xml")
        self.assertIn(b"<svg", square.content)

    def test_looking_at_the_codes_twice_shows_them_twice_and_never_after(self) -> None:
        self.accept()
        device = pending_device(self.lea)
        assert device is not None
        self.browser.post("/equipe/telephone", {"code": code_at(device)})
        first, again = (self.codes_on(self.browser.get("/equipe/codes-de-secours")) for _ in range(2))
        self.assertEqual((first, len(first)), (again, 10))

        self.browser.post("/equipe/codes-de-secours")

        self.assert_sent_to(self.browser.get("/equipe/codes-de-secours"), "/equipe/")

    def test_neither_the_secret_nor_a_code_nor_the_link_is_in_the_database(self) -> None:
        self.accept()
        device = pending_device(self.lea)
        assert device is not None
        self.browser.post("/equipe/telephone", {"code": code_at(device)})
        codes = self.codes_on(self.browser.get("/equipe/codes-de-secours"))

        with connection.cursor() as cursor:
            cursor.execute(EVERY_SECRET)
            stored = " ".join(row[0] for row in cursor.fetchall())
            cursor.execute("SELECT session_data FROM django_session")
            sessions = " ".join(str(SessionStore().decode(row[0])) for row in cursor.fetchall())

        for secret in (device.key.hex(), self.token, *codes, *(code.replace("-", "") for code in codes)):
            self.assertNotIn(secret, stored)
            self.assertNotIn(secret, sessions)
        self.assertEqual(RecoveryCode.objects.filter(user=self.lea).count(), 10)

    def test_a_refused_form_leaves_the_link_good(self) -> None:
        self.assertContains(self.accept(password="soleil", again="soleil"), "Il manque", status_code=422)
        self.assertContains(self.accept(again="autre"), "ne sont pas les mêmes", status_code=422)
        self.assertContains(self.accept(name="karim"), "déjà pris", status_code=422)
        self.assertContains(self.accept(name="é é"), "sans accent", status_code=422)

        self.assertEqual(self.accept().status_code, 302)

    def test_a_used_link_and_a_link_that_never_was_answer_alike(self) -> None:
        self.accept()
        used = Browser().get(self.link)
        unknown = Browser().get("/equipe/invitation/jamais-vu")
        abroad = Browser("gare.localhost").get(self.link)

        self.assertEqual({used.status_code, unknown.status_code, abroad.status_code}, {404})
        self.assertEqual(used.content, unknown.content)
        self.assertContains(used, "Ce lien ne sert plus", status_code=404)

    def test_no_page_but_the_phone_is_open_before_the_first_code(self) -> None:
        self.accept()
        for path in ("/equipe/", "/equipe/codes-de-secours"):
            asked = quote(path, safe="")
            self.assert_sent_to(self.browser.get(path), f"/equipe/telephone?next={asked}")

    def test_looking_changes_nothing(self) -> None:
        self.browser.get(self.link)
        self.browser.head(self.link)
        self.assertFalse(TotpDevice.objects.exists())
        self.assertFalse(User.objects.get(pk=self.lea.pk).has_usable_password())
