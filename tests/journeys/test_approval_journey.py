"""A préparateur's answer in a real browser: submitted, given back with a note, corrected, and sent by keyboard."""

from __future__ import annotations

import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.people import PATIENT
from tests.inbound.letters import letter
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from portal.team.models import User

SUBMIT = "Soumettre à un pharmacien"


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class TwoPeople(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5"}

    def setUp(self) -> None:
        super().setUp()
        write(self.peer, letter(f"Léa Durand <{PATIENT}>", "Mon sirop"), sender=PATIENT)
        for user in (self.karim, self.claire):
            let_in(user)
        self.browser = self.enterContext(running_browser())

    def test_karim_writes_claire_gives_it_back_then_sends_it(self) -> None:
        karim, claire = self.signed_in(self.karim), self.signed_in(self.claire)

        self.karim_writes(karim.page, "Votre sirop est prêt.")
        self.claire_gives_it_back(claire.page, "Dites à quelle heure.")
        self.karim_corrects(karim.page, " Passez à partir de 9 h.")
        self.claire_sends(claire.page)

        for window in (karim, claire):
            window.page.reload()
            window.page.get_by_text("Rédigé par Karim B., envoyé par Claire M.").wait_for()
            self.assertEqual(window.barriers(), [])
            self.assertEqual(window.complaints, [])

    def karim_writes(self, page: Page, words: str) -> None:
        page.locator(".row", has_text="Mon sirop").click()
        page.locator("#body").press_sequentially(words)
        self.assertEqual(page.get_by_role("button", name="Envoyer", exact=True).count(), 0)
        page.get_by_role("button", name=SUBMIT).click()
        page.get_by_text("Votre réponse attend un pharmacien").wait_for()

    def claire_gives_it_back(self, page: Page, note: str) -> None:
        """By keyboard alone: the list, the words, the note."""
        self.open_what_waits(page)
        self.press_until(page, "Renvoyer")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type(note)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Claire a renvoyé la réponse à Karim").wait_for()

    def karim_corrects(self, page: Page, words: str) -> None:
        page.goto(self.house.url("soleil.localhost", "/equipe/a-moi/"))
        page.locator(".row", has_text="À reprendre").click()
        page.get_by_text("Claire vous a renvoyé ce texte").wait_for()
        page.get_by_text("Dites à quelle heure.").wait_for()
        page.locator("#body").press_sequentially(words)
        page.get_by_role("button", name=SUBMIT).click()
        page.get_by_text("Votre réponse attend un pharmacien").wait_for()

    def claire_sends(self, page: Page) -> None:
        self.open_what_waits(page)
        page.locator(".review-text", has_text="Passez à partir de 9 h.").wait_for()
        page.keyboard.press("Enter")
        page.get_by_text("Rédigé par Karim B., envoyé par Claire M.").wait_for()

    def open_what_waits(self, page: Page) -> None:
        """« À valider », its first row, and the keyboard on what is to be decided."""
        page.goto(self.house.url("soleil.localhost", "/equipe/a-valider/"))
        page.locator(".row", has_text="Mon sirop").wait_for()
        page.wait_for_load_state("networkidle")
        page.keyboard.press("j")
        page.locator(".review").wait_for()
        page.keyboard.press("d")
        page.wait_for_function("document.activeElement && document.activeElement.hasAttribute('data-review')")

    def press_until(self, page: Page, name: str) -> None:
        """Tab on to what has this name."""
        for _ in range(10):
            if page.evaluate("document.activeElement.textContent.trim()") == name:
                return
            page.keyboard.press("Tab")
        self.fail(f"no {name} within ten steps")

    def signed_in(self, user: User) -> Window:
        context = self.browser.new_context(
            viewport={"width": WIDE[0], "height": WIDE[1]}, locale="fr-FR", service_workers="block"
        )
        context.set_default_timeout(30_000)
        window = Window(context.new_page())
        page = window.page
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), user)
        self.until_there(page, "Mon sirop")
        return window

    def until_there(self, page: Page, words: str) -> None:
        """Mail is on its way when one looks first: look again."""
        for _ in range(40):
            if page.get_by_text(words).count():
                return
            page.wait_for_timeout(500)
            page.reload()
        self.fail(f"{words} never came")
