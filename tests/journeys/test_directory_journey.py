"""Claire writes to somebody new: found by name, confirmed when it is nobody known, refused outside the trust space."""

from __future__ import annotations

import re
import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from sandbox.directory import write
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOPHIE = "sophie.martin@medecin-test.mssante.fr"
UNKNOWN = "cabinet.nouveau@medecin-test.mssante.fr"
ARRIVED = re.compile("Accepté par l’opérateur|Remis")


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class WritingToSomebodyNew(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "0.5"}

    def setUp(self) -> None:
        super().setUp()
        write(self.folder / "annuaire.txt", 200)
        call_command("load_directory", str(self.folder / "annuaire.txt"), verbosity=0)
        let_in(self.claire)
        self.browser = self.enterContext(running_browser())

    def test_a_doctor_is_found_by_name_an_unknown_address_confirmed_and_a_foreign_one_refused(self) -> None:
        window = Window(
            self.browser.new_context(viewport=dict(zip(("width", "height"), WIDE, strict=True))).new_page()
        )
        page = window.page
        page.set_default_timeout(20_000)
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), self.claire)

        self.compose(page)
        self.pick_sophie_by_keys(page)
        self.assertEqual(window.barriers(), [])
        page.locator("#subject").fill("Posologie")
        page.locator("#body").fill("Chère consœur, deux ou trois par jour ?")
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.get_by_text(ARRIVED).first.wait_for()
        self.assertIn(SOPHIE, page.locator("#conversation").inner_text() + page.content())

        self.compose(page)
        page.locator("#to").press_sequentially(UNKNOWN)
        page.locator("#body").fill("Bonjour.")
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.get_by_role("heading", name="Premier message à cette adresse").wait_for()
        page.get_by_text("Absente de l’annuaire").wait_for()
        self.assertEqual(page.locator("#body").input_value(), "Bonjour.")
        page.get_by_role("button", name="Confirmer et envoyer").click()
        page.get_by_text(ARRIVED).first.wait_for()

        self.compose(page)
        page.locator("#to").press_sequentially("quelquun@gmail.com, ")
        page.get_by_text("hors de l’espace de confiance").wait_for()
        page.locator("#body").fill("Bonjour.")
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.locator("#error-to", has_text="espace de confiance").wait_for()
        # A refused form answers 422, which Chromium logs.
        self.assertEqual([each for each in window.complaints if "422" not in each], [])

    def pick_sophie_by_keys(self, page: Page) -> None:
        field, found = page.locator("#to"), page.get_by_role("listbox", name="Annuaire")
        field.press_sequentially("nevers")
        found.wait_for()
        self.assertEqual(field.get_attribute("aria-expanded"), "true")
        page.keyboard.press("Escape")
        found.wait_for(state="detached")
        self.assertEqual(field.input_value(), "nevers")
        field.fill("")
        field.press_sequentially("mart soph")
        option = found.get_by_role("option", name=re.compile("Dr Sophie MARTIN.*Médecine Générale.*NEVERS"))
        option.wait_for()
        for _ in range(found.get_by_role("option").count()):
            page.keyboard.press("ArrowDown")
            if option.get_attribute("aria-selected") == "true":
                break
        self.assertEqual(field.get_attribute("aria-activedescendant"), option.get_attribute("id"))
        page.keyboard.press("Enter")
        self.assertEqual(field.input_value(), f"Dr Sophie MARTIN <{SOPHIE}>, ")
        page.get_by_label("Destinataires").get_by_text("Médecine Générale").wait_for()

    def compose(self, page: Page) -> None:
        page.goto(self.house.url("soleil.localhost", "/equipe/nouveau/"))
        page.locator("#to").wait_for()
