"""Karim reads what came, at a counter's screen, in a real browser."""

from __future__ import annotations

import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.people import DOCTOR
from tests.documents.files import jpeg
from tests.journeys.browser import Window, running_browser, sign_in, why_not
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.mail.test_layout import ATTACKS
from tests.servers.peers import sandbox_peer
from tests.servers.trap import Trap, running_trap
from tests.web.test_inbox_layout import laid_out

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

COUNTER = (1280, 720)
HOSTS = {"soleil.localhost", "contenu.soleil.localhost"}


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class AtTheCounter(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5"}

    def setUp(self) -> None:
        super().setUp()
        self.trap = self.enterContext(running_trap())
        self.hostile = (
            "".join(ATTACKS)
            .replace("https://x.example", self.trap.url)
            .replace("//x.example", f"//{self.trap.host}")
        )
        letter = (
            f"<p>Bonjour, le bilan est joint.</p><a href='{self.trap.url}/labo'>ameli.fr</a>{self.hostile}"
        )
        write(self.peer, laid_out(letter, text=None, logo=jpeg(1240, 1754)), sender=DOCTOR)
        let_in(self.karim)
        self.browser = self.enterContext(running_browser())

    def test_karim_reads_what_came(self) -> None:
        window = self.window(COUNTER)
        page = window.page
        page.on("dialog", lambda said: self.fail(f"a script ran: {said.message}"))
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), self.karim)
        self.until_shown(page, "Bilan")
        page.locator(".row", has_text="Bilan").click()

        self.paper_and_answer_stand_together(page)
        self.a_command_is_found(window)
        self.a_hostile_letter_is_only_read(window, self.trap)
        self.its_frame_alone_would_hold_it(window, self.trap)
        self.what_is_searched_is_found_and_marked(window)

    def paper_and_answer_stand_together(self, page: Page) -> None:
        """On the screens of counters the whole first page, the answer and its button are seen at once."""
        page.locator(".piece.current .page img").first.evaluate("image => image.decode()")
        for width, height in (COUNTER, (1366, 768), (1440, 900)):
            page.set_viewport_size({"width": width, "height": height})
            for what in (".piece.current .page img", "#body", "#answer [data-first]"):
                box = page.locator(what).first.bounding_box()
                assert box is not None
                seen = (
                    box["y"] >= 0 and box["y"] + box["height"] <= height and box["x"] + box["width"] <= width
                )
                self.assertTrue(seen, (width, what, box))
            pages, sheet = (
                page.locator(f".piece.current {each}").first.bounding_box() for each in (".pages", "img")
            )
            assert pages is not None
            assert sheet is not None
            self.assertLessEqual(
                sheet["y"] + sheet["height"], pages["y"] + pages["height"], (width, pages, sheet)
            )
            self.assertGreater(sheet["width"], 260, (width, sheet))
            self.assertEqual(page.evaluate("document.documentElement.scrollHeight"), height)
        page.set_viewport_size({"width": COUNTER[0], "height": COUNTER[1]})

    def a_command_is_found(self, window: Window) -> None:
        """Ctrl+K, a few letters without accents, Enter: an act of this screen, then a view."""
        page = window.page
        page.keyboard.press("Control+k")
        field = page.get_by_role("combobox", name="Une action, une vue")
        field.wait_for()
        self.assertEqual(window.barriers(), [])
        page.keyboard.type("charge")
        page.get_by_role("option", name="Je m’en charge", selected=True).wait_for()
        page.keyboard.press("Enter")
        page.get_by_text("Karim a pris en charge").wait_for()
        page.keyboard.press("Control+k")
        field.wait_for()
        page.keyboard.type("xyz")
        page.get_by_text("Aucune commande de ce nom").wait_for()
        field.fill("a moi")
        page.keyboard.press("Enter")
        page.wait_for_url("**/a-moi/")
        page.locator(".row", has_text="Bilan").click()

    def a_hostile_letter_is_only_read(self, window: Window, trap: Trap) -> None:
        """Nothing of it runs, nothing leaves; what it links to learns nothing."""
        page = window.page
        with page.expect_response(
            lambda answer: "//contenu." in answer.url and "mise-en-page" in answer.url
        ) as framed:
            page.get_by_text("Version mise en page").click()
        self.policy = framed.value.headers
        letter = self.letter(page)
        letter.get_by_text("Bonjour, le bilan est joint.").wait_for()
        letter.get_by_text("images ne sont pas affichées").wait_for()
        self.assertFalse(page.locator(".msg-text").is_visible())
        page.evaluate("new Promise((done) => requestIdleCallback(done))")
        self.assertEqual((trap.calls, window.complaints), ([], []))
        self.assertLessEqual(window.hosts, HOSTS)
        self.assertEqual(window.barriers(), [])

        letter.get_by_text(f"[{trap.host.partition(':')[0]}]").first.wait_for()
        with page.expect_popup() as opened:
            letter.get_by_role("link", name="ameli.fr").click()
        opened.value.get_by_role("heading", name="Ailleurs").wait_for()
        self.assertIsNone(opened.value.evaluate("window.opener"))
        opened.value.close()
        self.assertEqual(trap.calls, [("/labo", "")])

    def its_frame_alone_would_hold_it(self, window: Window, trap: Trap) -> None:
        """The same letter as if nobody had cleaned it: the frame and the policy of its answer stop it alone."""
        page, asked = window.page, list(trap.calls)
        said = {
            name: value
            for name, value in self.policy.items()
            if name not in ("content-length", "content-encoding")
        }
        leaves = f"<script>top.location = '{trap.url}/top'</script>"
        raw = f"<!doctype html><meta charset=utf-8><p>Tel quel</p>{self.hostile}{leaves}"
        page.route("http://contenu.*/mise-en-page/*", lambda route: route.fulfill(headers=said, body=raw))
        page.get_by_role("link", name="Voir en grand").click()
        self.letter(page).get_by_text("Tel quel").wait_for()
        page.evaluate("new Promise((done) => requestIdleCallback(done))")
        self.assertEqual(trap.calls, asked)
        self.assertEqual(page.locator("#pane h1").inner_text(), "Version mise en page")
        page.unroute("http://contenu.*/mise-en-page/*")
        window.complaints.clear()  # that so much was refused

    def what_is_searched_is_found_and_marked(self, window: Window) -> None:
        """A wrong operator is told beside the field; a right one finds the letter, its word marked here and there."""
        page = window.page
        page.goto(self.house.url("soleil.localhost", "/equipe/recherche/"))
        page.locator("#search").fill("bilan après:45/13")
        page.locator("#search").press("Enter")
        page.get_by_role("alert").get_by_text("n’est pas une date").wait_for()
        self.assertEqual(page.locator("#search").get_attribute("aria-invalid"), "true")
        self.assertEqual(page.get_by_text("Rien trouvé").count(), 0)
        window.complaints.clear()  # of the refused form (422)

        page.locator("#search").fill('"le bilan" joint')
        page.locator("#search").press("Enter")
        page.locator(".row mark").first.wait_for()
        self.assertEqual(page.locator(".row mark").all_inner_texts(), ["le bilan", "joint"])
        self.assertEqual(window.barriers(), [])
        page.locator(".row").first.click()
        page.locator("#pane mark").first.wait_for()
        self.assertNotIn("bilan", page.url)
        self.assertEqual(window.complaints, [])

    def letter(self, page: Page) -> FrameLocator:
        return page.frame_locator("iframe.letter")

    def window(self, size: tuple[int, int]) -> Window:
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="fr-FR")
        context.set_default_timeout(20_000)
        return Window(context.new_page())

    def until_shown(self, page: Page, words: str) -> None:
        """Mail is on its way when one looks first: look again."""
        for _ in range(20):
            if page.get_by_text(words).count():
                return
            page.wait_for_timeout(500)
            page.reload()
        self.fail(f"{words} never came")
