"""The whole way in a real browser, by mouse and keyboard, on a wide screen and on a phone."""

from __future__ import annotations

import re
import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django_otp.oath import totp

from sandbox.people import DOCTOR, PATIENT
from tests.browsing import TOTP_KEY
from tests.cast import PASSWORD
from tests.documents.files import jpeg, pdf
from tests.inbound.letters import letter
from tests.journeys.browser import PHONE, WIDE, Window, running_browser, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from portal.team.models import User

COUNTER = (1280, 720)
HOSTS = {"soleil.localhost", "contenu.soleil.localhost"}
ARRIVED = re.compile("Accepté par l’opérateur|Remis")


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class InTheBrowser(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5"}

    def setUp(self) -> None:
        super().setUp()
        photo = {"ordonnance.jpg": ("image/jpeg", jpeg(600, 800))}
        paper = {"sortie.pdf": ("application/pdf", pdf(2))}
        write(self.peer, letter(f"Léa Durand <{PATIENT}>", "Mon sirop", files=photo), sender=PATIENT)
        write(self.peer, letter(f"Dr Petit <{DOCTOR}>", "Sortie de M. Lambert", files=paper), sender=DOCTOR)
        for user in (self.karim, self.claire, self.nadia):
            let_in(user)
        self.browser = self.enterContext(running_browser())

    def test_claire_answers_at_the_counter_by_keyboard(self) -> None:
        window = self.window(WIDE)
        page = window.page
        self.sign_in(window, self.claire)

        page.keyboard.press("j")
        self.check(window, "#conversation", "Dr Petit")
        page.keyboard.press("j")
        self.check(window, "#conversation", "Léa Durand")
        page.keyboard.press("k")
        self.check(window, "#conversation", "Dr Petit")
        page.get_by_role("button", name="Je m’en charge").click()
        page.get_by_text("Claire a pris en charge").wait_for()

        page.keyboard.press("r")
        page.wait_for_function("document.activeElement && document.activeElement.id === 'body'")
        page.keyboard.type("Bien noté, merci.")
        self.send_undo_and_send_again(window)
        page.locator("#pane").focus()
        page.keyboard.press("e")
        self.check(window, ".finished", "Terminée.")
        self.assert_quiet(window)

    def test_nadia_answers_on_a_phone(self) -> None:
        window = self.window(PHONE)
        page = window.page
        self.sign_in(window, self.nadia)

        page.locator(".row", has_text="Mon sirop").click()
        self.check(window, "#conversation", "Léa Durand")
        page.get_by_role("button", name="Je m’en charge").click()
        page.get_by_text("Nadia a pris en charge").wait_for()
        page.locator("#body").press_sequentially("Votre sirop est prêt.")
        self.send_undo_and_send_again(window)
        page.get_by_role("button", name="Terminer", exact=True).click()
        self.check(window, ".finished", "Terminée.")
        page.get_by_role("link", name="Retour").click()
        self.check(window, ".list", "Sortie de M. Lambert")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), PHONE[0])
        self.assert_quiet(window)

    def test_a_paper_is_turned_and_enlarged_by_keys_by_mouse_and_by_two_fingers(self) -> None:
        window = self.window(COUNTER, touch=True)
        page = window.page
        self.sign_in(window, self.karim)
        page.locator(".row", has_text="Sortie de M. Lambert").click()
        pages = page.locator(".piece.current .pages")
        sheet = pages.locator(".page").first
        drawn = "image => image.complete || new Promise(resolve => image.addEventListener('load', resolve))"
        sheet.locator("img").evaluate(drawn)

        page.keyboard.press("t")
        self.assertEqual(sheet.get_attribute("data-turn"), "90")
        self.check(window, "#conversation", "Dr Petit")
        page.get_by_role("button", name="Tourner la page").click()
        self.assertEqual(sheet.get_attribute("data-turn"), "180")
        for act, level in (
            (lambda: page.keyboard.press("+"), "2"),
            (lambda: page.get_by_role("button", name="Grossir").click(), "3"),
            (lambda: page.keyboard.press("-"), "2"),
            (lambda: page.get_by_role("button", name="Réduire").click(), "1"),
            (lambda: pages.dblclick(), "3"),
            (lambda: pages.dblclick(), "1"),
            (lambda: self.wheel(page, pages, -100), "2"),
            (lambda: self.wheel(page, pages, 100), "1"),
            (lambda: self.spread(page, pages, 60, 85), "2"),
            (lambda: self.spread(page, pages, 85, 60), "1"),
        ):
            act()
            self.assertEqual(pages.get_attribute("data-zoom"), level)
        self.assertEqual(len(page.context.pages), 1)
        self.assert_quiet(window)

    def wheel(self, page: Page, over: Locator, by: int) -> None:
        over.hover()
        page.keyboard.down("Control")
        page.mouse.wheel(0, by)
        page.keyboard.up("Control")
        page.wait_for_timeout(200)

    def spread(self, page: Page, over: Locator, before: int, after: int) -> None:
        """Two fingers, so far apart before and after."""
        box = over.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        wire = page.context.new_cdp_session(page)
        for kind, apart in (("touchStart", before), ("touchMove", after)):
            points = [{"x": x + side * apart / 2, "y": y, "id": side + 1} for side in (-1, 1)]
            wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def window(self, size: tuple[int, int], *, touch: bool = False) -> Window:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="fr-FR", has_touch=touch or size == PHONE
        )
        context.set_default_timeout(20_000)
        return Window(context.new_page())

    def sign_in(self, window: Window, user: User) -> None:
        page = window.page
        page.goto(self.house.url("soleil.localhost", "/equipe/"))
        self.check(window, "h1", "Bonjour")
        page.get_by_label("Votre nom de connexion").fill(user.sign_in_name)
        page.get_by_label("Votre mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continuer").click()
        self.check(window, "h1", "Votre code à six chiffres")
        page.get_by_label("Code", exact=True).fill(f"{totp(TOTP_KEY):06d}")
        page.get_by_role("button", name="Entrer").click()
        page.locator(".list").wait_for()
        self.until_shown(page, "Mon sirop")
        self.until_shown(page, "Sortie de M. Lambert")
        self.check(window, ".list", "Sortie de M. Lambert")

    def until_shown(self, page: Page, words: str) -> None:
        """Mail is on its way when one looks first: look again."""
        for _ in range(20):
            if page.get_by_text(words).count():
                return
            page.wait_for_timeout(500)
            page.reload()
        self.fail(f"{words} never came")

    def send_undo_and_send_again(self, window: Window) -> None:
        page = window.page
        page.get_by_text(re.compile("^Brouillon enregistré")).wait_for()
        file = {"name": "posologie.pdf", "mimeType": "application/pdf", "buffer": pdf(1)}
        page.locator(".attach input[type=file]").set_input_files(files=[file])
        page.locator("#draft-files").get_by_text("posologie.pdf").wait_for()
        self.assertEqual(window.barriers(), [])
        words = page.locator("#body").input_value()
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.get_by_role("button", name="Annuler").click()
        page.locator("#draft-files").get_by_text("posologie.pdf").wait_for()
        self.assertEqual(page.locator("#body").input_value(), words)
        page.get_by_role("button", name="Envoyer", exact=True).click()
        page.get_by_text("Part dans").wait_for()
        self.assertEqual(window.barriers(), [])
        page.get_by_text(ARRIVED).wait_for()

    def check(self, window: Window, where: str, words: str) -> None:
        """This is shown, and axe has nothing to say against the page."""
        window.page.locator(where, has_text=words).first.wait_for()
        window.page.wait_for_load_state("networkidle")
        self.assertEqual(window.barriers(), [])

    def assert_quiet(self, window: Window) -> None:
        self.assertEqual(window.complaints, [])
        self.assertLessEqual(window.hosts, HOSTS)
