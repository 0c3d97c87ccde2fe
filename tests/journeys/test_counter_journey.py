"""A counter PC of Soleil changes hands: a name, a PIN or a passkey, and each finds their own screen and draft."""

from __future__ import annotations

import re
import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django_otp.oath import totp

from sandbox.people import PATIENT
from tests.browsing import TOTP_KEY
from tests.cast import PASSWORD
from tests.inbound.letters import letter
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.house import ANY
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PIN, BEGUN, NOTE = "581047", "Bonjour, votre sirop est", "Rappeler le fournisseur"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class ACounter(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5", "EVENTS": ANY}

    def setUp(self) -> None:
        super().setUp()
        write(self.peer, letter(f"Léa Durand <{PATIENT}>", "Mon sirop"), sender=PATIENT)
        for user in (self.karim, self.nadia):
            let_in(user)
        browser = self.enterContext(running_browser())
        self.context: BrowserContext = browser.new_context(
            viewport={"width": WIDE[0], "height": WIDE[1]}, locale="fr-FR"
        )
        self.context.set_default_timeout(20_000)
        self.window = Window(self.context.new_page())

    def test_nadia_and_karim_take_turns_and_each_finds_their_own(self) -> None:
        page = self.window.page
        sign_in(page, self.url("/equipe/"), self.nadia)
        self.nadia_enrols_the_counter(page)
        hers = self.nadia_begins_an_answer(page)
        self.karim_comes_with_a_key(page)
        self.nadia_is_back_where_she_was(page, hers)
        self.karim_is_back_by_his_key(page)
        self.a_tab_of_karim_becomes_nadias(page)
        self.nadia_signs_the_handover_and_karim_takes_it_over(page)
        # A page that listens may ask once more while it is being locked.
        self.assertEqual([each for each in self.window.complaints if "401" not in each], [])

    def nadia_enrols_the_counter(self, page: Page) -> None:
        page.goto(self.url("/console/postes/"))
        page.get_by_role("button", name="Enrôler ce navigateur").click()
        page.get_by_text("Ce navigateur est enrôlé").wait_for()
        page.get_by_role("link", name="mon code PIN").click()
        page.get_by_role("link", name="Choisir un code PIN").click()
        page.get_by_label("Code PIN", exact=True).fill(PIN)
        page.get_by_label("Le même, encore une fois").fill(PIN)
        page.get_by_role("button", name="Garder ce code").click()
        page.get_by_role("link", name="Changer le code PIN").wait_for()

    def nadia_begins_an_answer(self, page: Page) -> str:
        """She writes, and is gone by one key before her words were saved by themselves."""
        page.goto(self.url("/equipe/a-traiter/"))
        page.locator(".row", has_text="Mon sirop").click()
        page.locator("#body").fill(BEGUN)
        page.locator("#note summary").click()
        page.locator("#note-text").fill(NOTE)
        hers = page.url
        page.keyboard.press("Alt+l")
        page.get_by_role("heading", name="Qui est là").wait_for()
        self.assertNotIn("sirop", page.content())
        return hers

    def karim_comes_with_a_key(self, page: Page) -> None:
        """Both factors, once; then a passkey, which his next returns will take."""
        page.get_by_role("link", name=re.compile("Quelqu’un d’autre")).click()
        page.get_by_label("Votre nom de connexion").fill("karim")
        page.get_by_label("Votre mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continuer").click()
        page.get_by_label("Code", exact=True).fill(f"{totp(TOTP_KEY):06d}")
        page.get_by_role("button", name="Entrer").click()
        page.get_by_role("link", name="Pas maintenant").click()
        self.assertEqual(self.who(page), "Karim B.")
        devtools = self.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        page.goto(self.url("/equipe/mon-acces/"))
        page.get_by_role("link", name="Ajouter une clé d’accès").click()
        page.get_by_label("Nom de la clé").fill("Clé bleue")
        page.get_by_role("button", name="Créer la clé d’accès").click()
        page.locator(".access-list", has_text="Clé bleue").wait_for()
        page.goto(self.url("/equipe/a-moi/"))

    def nadia_is_back_where_she_was(self, page: Page, hers: str) -> None:
        """Two gestures; nothing of Karim is behind the back button."""
        self.change_to(page, "Nadia")
        page.locator("#field-pin").press_sequentially(PIN)  # the last figure sends
        page.locator("#body").wait_for()
        self.assertEqual((page.url, page.locator("#body").input_value()), (hers, BEGUN))
        self.assertEqual(page.locator("#note-text").input_value(), NOTE)
        self.assertEqual(self.who(page), "Nadia B.")
        page.go_back()
        page.wait_for_load_state()
        self.assertEqual(page.get_by_text("Karim B.").count(), 0)
        page.goto(hers)

    def karim_is_back_by_his_key(self, page: Page) -> None:
        """His name, and his key answers; then the same in place, over a page that was covered."""
        self.change_to(page, "Karim")
        page.wait_for_url("**/equipe/a-moi/")
        self.assertEqual(self.who(page), "Karim B.")
        page.evaluate("document.dispatchEvent(new Event('officinal:cover'))")
        page.get_by_role("dialog").get_by_role("link", name=re.compile("Karim")).click()
        page.get_by_role("dialog").wait_for(state="hidden")
        page.locator("#rows").wait_for()

    def a_tab_of_karim_becomes_nadias(self, page: Page) -> None:
        other = Window(self.context.new_page()).page
        other.goto(self.url("/equipe/a-traiter/"))
        self.assertEqual(self.who(other), "Karim B.")
        self.change_to(page, "Nadia")
        page.locator("#field-pin").press_sequentially(PIN)
        page.locator(".nav-me").wait_for()
        other.locator(".nav-me-name", has_text="Nadia B.").wait_for()

    def nadia_signs_the_handover_and_karim_takes_it_over(self, page: Page) -> None:
        """Two signatures in two sessions on one computer; she is asked for none of his."""
        page.goto(self.url("/equipe/releve/"))
        page.get_by_label("Un mot pour la suite").fill(NOTE)
        page.get_by_role("button", name="Je pars").click()
        page.get_by_text("Pas encore contresignée", exact=True).wait_for()
        self.assertEqual(page.get_by_role("button", name="je prends la relève").count(), 0)
        page.get_by_role("button", name="Passer le poste").click()
        self.assertNotIn(NOTE, page.content())
        page.get_by_role("link", name=re.compile("Karim")).click()  # his key answers
        page.get_by_role("heading", name=re.compile("La relève de Nadia")).wait_for()
        self.assertEqual(self.who(page), "Karim B.")
        page.locator(".relay-word", has_text=NOTE).wait_for()
        page.get_by_role("button", name="je prends la relève").click()
        page.locator(".relay-signatures", has_text="Contresignée par Karim Belkacem").wait_for()

    def change_to(self, page: Page, name: str) -> None:
        page.keyboard.press("Alt+l")
        page.get_by_role("link", name=re.compile(name)).click()

    def who(self, page: Page) -> str:
        return page.locator(".nav-me-name b").inner_text()

    def url(self, path: str) -> str:
        return self.house.url("soleil.localhost", path)
