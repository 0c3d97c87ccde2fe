"""Claire answers with a template, has it leave later, gets it back when Léa writes, and forwards what she wrote."""

from __future__ import annotations

import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest

from portal.lib.ids import uuid7
from portal.mailboxes.signing import set_signature
from portal.outbound.templates import save_template
from sandbox.people import DOCTOR, PATIENT
from tests.inbound.letters import letter
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class WritingWithCare(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5"}

    def setUp(self) -> None:
        super().setUp()
        text = "Bonjour {prénom},\n\nSirop prêt à {heure}."
        save_template(uuid7(), name="Sirop prêt", text=text, version=0, by=self.nadia)
        set_signature("Pharmacie du Soleil\n12 rue des Tests", by=self.nadia)
        self.from_lea("Mon sirop")
        let_in(self.claire)
        self.browser = self.enterContext(running_browser())

    def from_lea(self, subject: str) -> None:
        write(self.peer, letter(f"Léa Durand <{PATIENT}>", subject), sender=PATIENT)

    def test_a_template_later_the_patient_writes_and_it_is_forwarded(self) -> None:
        window = Window(
            self.browser.new_context(viewport=dict(zip(("width", "height"), WIDE, strict=True))).new_page()
        )
        page = window.page
        page.set_default_timeout(20_000)
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), self.claire)
        self.until_shown(page, "Mon sirop")
        page.locator(".row", has_text="Mon sirop").click()
        page.locator("#conversation").wait_for()

        self.find_a_template_by_keys(page)
        page.get_by_role("button", name="Modifier le texte").click()
        page.get_by_text("Signé : Claire Moulin").wait_for()
        self.leave_later(page)
        self.assertEqual(window.barriers(), [])
        self.from_lea("Re: Mon sirop")
        self.until_shown(page, "Votre envoi prévu n’est pas parti.")
        self.assertIn("Sirop prêt à 9 h.", page.locator("#body").input_value().replace("\u00a0", " "))
        self.forward(page)
        self.assertEqual(window.barriers(), [])
        # A first contact that is to be confirmed answers 422, which Chromium logs.
        self.assertEqual([each for each in window.complaints if "422" not in each], [])

    def find_a_template_by_keys(self, page: Page) -> None:
        page.locator("#pane").focus()
        page.keyboard.press("m")
        page.keyboard.type("pret sirop")
        self.assertEqual(page.locator("#models .menu-line:visible").count(), 1)
        page.keyboard.press("Enter")
        page.locator(".model-fields input").fill("09:00")
        page.locator("#preview", has_text="Sirop prêt à 9").wait_for()

    def leave_later(self, page: Page) -> None:
        page.locator("#later summary").click()
        page.get_by_role("button", name="À la prochaine ouverture").click()
        page.locator(".later-card", has_text="Sirop prêt").wait_for()
        page.locator(".later-card", has_text="12 rue des Tests").wait_for()

    def forward(self, page: Page) -> None:
        page.get_by_role("link", name="Transférer").last.click()
        page.get_by_role("button", name="Choisir le destinataire").click()
        page.locator("#to").press_sequentially(DOCTOR)
        page.locator("#body").press_sequentially("Qu’en pensez-vous ?")
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.get_by_role("button", name="Confirmer et envoyer").click()
        page.get_by_text("Transfert d’un message de Léa Durand").wait_for()
        page.get_by_role("link", name="Voir la conversation").click()
        page.get_by_text("Claire a transféré un message").wait_for()

    def until_shown(self, page: Page, words: str) -> None:
        """Mail is on its way when one looks first: look again."""
        for _ in range(30):
            if page.get_by_text(words).count():
                return
            page.wait_for_timeout(500)
            page.reload()
        self.fail(f"{words} never came")
