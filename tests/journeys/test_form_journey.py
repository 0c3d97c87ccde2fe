"""Two photos taken with a phone: sent, prepared, controlled, ready on the tracking page, handed over."""

from __future__ import annotations

import re
import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.pictures import Sheet, photo
from tests.intake.stage import open_form_at
from tests.journeys.browser import PHONE, WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page


SHEET = Sheet(("Dr Martin",), ("Camille MOREAU",), ("Paracétamol 1 g", "Amoxicilline 1 g"))


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class AnOrdonnanceByTheForm(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5"}

    def setUp(self) -> None:
        super().setUp()
        open_form_at(self.nadia)
        self.photos = [photo(SHEET), photo(SHEET, tilt=-3)]
        for user in (self.karim, self.claire):
            let_in(user)
        self.browser = self.enterContext(running_browser())

    def test_from_two_photos_on_a_phone_to_the_hand_over(self) -> None:
        patient = self.window(PHONE)
        self.send_two_photos(patient)
        karim, claire = self.window(WIDE), self.window(WIDE)
        for window, user in ((karim, self.karim), (claire, self.claire)):
            sign_in(window.page, self.house.url("soleil.localhost", "/equipe/"), user)
            self.open_it(window.page)
        karim.page.get_by_text("Identité déclarée").wait_for()

        self.step(karim.page, times=2)
        self.says(patient.page, "En préparation")
        claire.page.reload()
        self.step(claire.page, times=1)
        claire.page.locator("#body").press_sequentially("Bonjour, passez à 17 h.")
        claire.page.get_by_text(re.compile("^Brouillon enregistré")).wait_for()
        claire.page.get_by_role("button", name="Envoyer", exact=True).click()
        claire.page.get_by_text("Visible sur la page de suivi").wait_for()
        karim.page.reload()
        self.step(karim.page, times=1)

        self.says(patient.page, "C’est prêt")
        patient.page.get_by_text("Bonjour, passez à 17 h.").wait_for()

        claire.page.reload()
        claire.page.locator(".rx-act input[value=original]").check()
        claire.page.locator(".rx-act .btn-soft").click()
        claire.page.get_by_text("Remise").first.wait_for()
        self.says(patient.page, "Vos médicaments vous ont été remis")
        self.assertLessEqual(patient.page.evaluate("document.documentElement.scrollWidth"), PHONE[0])
        for window in (patient, karim, claire):
            self.assertEqual(window.complaints, [])

    def test_a_page_that_did_not_come_is_never_left_out_unsaid(self) -> None:
        patient = self.window(PHONE)
        page = patient.page
        page.goto(self.house.url("soleil.localhost", "/ordonnance/"))
        self.fill_in(page, born="14/03/1962")
        lost = iter((True,))
        page.route(
            "**/ordonnance/pages/", lambda route: route.abort() if next(lost, False) else route.continue_()
        )
        self.choose(page, self.photos[0], b"GIF89a", self.photos[1])
        page.get_by_role("button", name="Envoyer à la pharmacie").click()

        page.get_by_text("vérifiez la liste de vos pages").wait_for()
        page.get_by_text("IMG_0.jpg n’est pas arrivée").wait_for()
        page.get_by_text("IMG_1.jpg : ce n’est ni une photo").wait_for()
        page.get_by_text("Page 1", exact=True).wait_for()
        self.assertEqual(page.get_by_text("Page 2", exact=True).count(), 0)

        self.choose(page, self.photos[0])
        page.get_by_text("Page 2", exact=True).wait_for()
        self.assertEqual(page.locator("#pages .error").count(), 0)
        page.get_by_role("button", name="Envoyer à la pharmacie").click()
        page.get_by_text("Notez votre référence").wait_for()

    def choose(self, page: Page, *pages: bytes) -> None:
        page.locator("#field-pages").set_input_files(
            files=[
                {"name": f"IMG_{number}.jpg", "mimeType": "image/jpeg", "buffer": data}
                for number, data in enumerate(pages)
            ]
        )

    def fill_in(self, page: Page, *, born: str) -> None:
        page.get_by_label("Nom de naissance").fill("Moreau")
        page.get_by_label("Prénom").fill("Camille")
        page.get_by_label("Date de naissance").fill(born)
        page.get_by_label("Téléphone").fill("0639981234")
        page.get_by_label("J’ai lu cette notice").check()
        page.wait_for_timeout(3000)  # as long as anybody takes

    def send_two_photos(self, patient: Window) -> None:
        page = patient.page
        page.goto(self.house.url("soleil.localhost"))
        page.get_by_role("link", name="Envoyer une ordonnance").click()
        self.choose(page, *self.photos)
        page.get_by_text("Page 2", exact=True).wait_for()
        self.fill_in(page, born="14/13/1962")
        page.get_by_role("button", name="Envoyer à la pharmacie").click()
        page.get_by_text("le mois va de 1 à 12").wait_for()
        page.get_by_label("Date de naissance").fill("14/03/1962")
        page.get_by_role("button", name="Envoyer à la pharmacie").click()
        page.get_by_text("Notez votre référence").wait_for()
        page.get_by_role("link", name="Suivre ma demande").click()
        page.get_by_text("Demande reçue").wait_for()
        patient.complaints.clear()  # a refused form answers 422, which the browser notes

    def window(self, size: tuple[int, int]) -> Window:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="fr-FR", has_touch=size == PHONE
        )
        context.set_default_timeout(20_000)
        return Window(context.new_page())

    def open_it(self, page: Page) -> None:
        page.locator(".row", has_text="Camille MOREAU").click()
        page.locator("#conversation").wait_for()
        page.locator("#conversation", has_text="Camille MOREAU").wait_for()

    def step(self, page: Page, *, times: int) -> None:
        """Press the one act that comes next, so many times."""
        for _ in range(times):
            with page.expect_response(lambda answer: "/etape/" in answer.url or "ordonnance" in answer.url):
                page.locator(".rx-act button").first.click()
            page.wait_for_load_state("networkidle")

    def says(self, page: Page, words: str) -> None:
        """The tracking page does not move by itself: the patient looks again."""
        for _ in range(20):
            page.reload()
            if page.get_by_text(words).count():
                return
            page.wait_for_timeout(500)
        self.fail(f"{words} was never shown")
