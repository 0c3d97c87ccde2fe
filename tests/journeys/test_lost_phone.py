"""A préparateur's phone is lost: the responsible person hands over a new link, and he is back within minutes."""

from __future__ import annotations

import base64
import unittest
from functools import partial

import pytest
from django_otp.oath import totp

from tests.browsing import TOTP_KEY
from tests.cast import PASSWORD
from tests.journeys.browser import PHONE, WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.servers.peers import sandbox_peer

NEW = "Trois-renards-bleus-7"


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class ALostPhone(JourneyTestCase):
    start = partial(sandbox_peer)
    has_mailbox = False

    def setUp(self) -> None:
        super().setUp()
        let_in(self.nadia)
        let_in(self.karim)
        self.browser = self.enterContext(running_browser())

    def window(self, size: tuple[int, int]) -> Window:
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="fr-FR")
        context.set_default_timeout(20_000)
        return Window(context.new_page())

    def test_karim_loses_his_phone_and_is_back_with_another(self) -> None:
        nadia, karim = self.window(WIDE), self.window(PHONE)
        sign_in(nadia.page, self.house.url("soleil.localhost", "/equipe/"), self.nadia)

        link = self.ask_for_a_link(nadia)
        self.come_back(karim, link)

        karim.page.locator(".list").wait_for()
        self.assertLessEqual(karim.page.evaluate("document.documentElement.scrollWidth"), PHONE[0])
        nadia.page.get_by_role("button", name="Le lien est remis").click()
        nadia.page.get_by_role("heading", name="Équipe").wait_for()
        karim.page.goto(link)
        karim.page.get_by_role("heading").first.wait_for()
        self.assertEqual(karim.page.get_by_label("Mot de passe", exact=True).count(), 0)
        self.assertEqual(nadia.complaints, [])

    def ask_for_a_link(self, window: Window) -> str:
        """From the team's list, with both factors where they are asked for again."""
        page = window.page
        page.goto(self.house.url("soleil.localhost", "/console/equipe/"))
        page.get_by_role("link", name="Karim").click()
        page.get_by_role("button", name="Donner un nouvel accès").click()
        if page.get_by_role("heading", name="Est-ce bien vous").is_visible():
            page.get_by_label("Votre mot de passe").fill(PASSWORD)
            page.get_by_label("Code à six chiffres").fill(f"{totp(TOTP_KEY, t0=-30):06d}")
            page.get_by_role("button", name="Confirmer").click()
        page.get_by_role("heading", name="Le lien de Karim").wait_for()
        return page.locator("#link").inner_text()

    def come_back(self, window: Window, link: str) -> None:
        """Password, phone, recovery codes."""
        page = window.page
        page.goto(link)
        page.get_by_role("heading", name="Votre nouvel accès").wait_for()
        page.get_by_label("Mot de passe", exact=True).fill(NEW)
        page.get_by_label("Le même, encore une fois").fill(NEW)
        page.get_by_role("button", name="Continuer").click()
        page.get_by_text("Je ne peux pas photographier").click()
        secret = page.locator(".secret").inner_text().replace(" ", "")
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        page.get_by_label("Code à six chiffres").fill(f"{totp(key):06d}")
        page.get_by_role("button", name="Relier ce téléphone").click()
        page.get_by_role("button", name="Je les ai gardés").click()
