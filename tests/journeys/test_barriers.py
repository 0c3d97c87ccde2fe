"""What the browser tests rest on: no page with a barrier passes, however shortly it was there."""

from __future__ import annotations

import unittest
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser import PHONE, Window, running_browser, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = "<title>Bien</title><main><h1>Bien</h1><button>Plus</button><a href='/mal'>Suite</a></main>"
BAD = "<title>Mal</title><main><h1>Mal</h1><input name='nom'><a href='/bien'>Suite</a></main>"
OPENS = "<script>document.querySelector('button').onclick = () => document.querySelector('dialog').show()</script>"
DIALOG = (
    f"<title>Boîte</title><main><h1>Boîte</h1><button>Plus</button><dialog><input></dialog></main>{OPENS}"
)
PAGES = {"/bien": GOOD, "/mal": BAD, "/boite": DIALOG}


@contextmanager
def window() -> Iterator[Window]:
    """A window in which these pages are everywhere."""
    with running_browser() as browser:
        context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
        context.route(
            "**/*",
            lambda route: route.fulfill(
                content_type="text/html; charset=utf-8",
                body=f"<!doctype html><html lang='fr'>{PAGES['/' + route.request.url.rpartition('/')[2]]}</html>",
            ),
        )
        yield Window(context.new_page())


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class NoBarrierPasses(unittest.TestCase):
    def test_a_page_without_any_is_quiet(self) -> None:
        with window() as shown:
            shown.page.goto("http://localhost/bien")

    def test_one_fails_the_test_though_the_page_was_left_at_once(self) -> None:
        with self.assertRaisesRegex(AssertionError, "/mal: label"), window() as shown:
            shown.page.goto("http://localhost/bien")
            shown.page.get_by_role("link").click()
            shown.page.get_by_role("link").click()
            shown.page.get_by_role("heading", name="Bien").wait_for()

    def test_what_opens_later_is_looked_at_too(self) -> None:
        with self.assertRaisesRegex(AssertionError, "/boite: label"), window() as shown:
            shown.page.goto("http://localhost/boite")
            shown.page.get_by_role("button").click()

    def test_a_page_that_nobody_watches_is_refused(self) -> None:
        with self.assertRaisesRegex(AssertionError, "without a Window"), window() as shown:
            shown.page.context.new_page()
