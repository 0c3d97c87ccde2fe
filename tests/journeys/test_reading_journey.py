"""Karim reads what came, at a counter's screen, in a real browser."""

from __future__ import annotations

import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.people import DOCTOR
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
        write(self.peer, laid_out(letter, text=None), sender=DOCTOR)
        let_in(self.karim)
        self.browser = self.enterContext(running_browser())

    def test_karim_reads_what_came(self) -> None:
        window = self.window(COUNTER)
        page = window.page
        page.on("dialog", lambda said: self.fail(f"a script ran: {said.message}"))
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), self.karim)
        self.until_shown(page, "Bilan")
        page.locator(".row", has_text="Bilan").click()

        self.a_hostile_letter_is_only_read(window, self.trap)
        self.its_frame_alone_would_hold_it(window, self.trap)

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
        page.screenshot(path="/tmp/shots/letter.png")
        self.assertFalse(page.locator(".msg-text").is_visible())
        page.wait_for_load_state("networkidle")
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
        page.wait_for_load_state("networkidle")
        self.assertEqual(trap.calls, asked)
        self.assertEqual(page.locator("#pane h1").inner_text(), "Version mise en page")
        page.unroute("http://contenu.*/mise-en-page/*")
        window.complaints.clear()  # that so much was refused

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
