"""A real browser: what it logged, whom it asked, and what axe says of a page."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django_otp.oath import totp

from tests.browsing import TOTP_KEY
from tests.cast import PASSWORD
from tests.journeys.barriers import Barriers, checked_before_each_act

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from portal.team.models import User

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]
WIDE, TABLET, PHONE = (1440, 900), (768, 1024), (390, 844)

# Of the windows of the browser that runs; a test has one browser at a time.
_watched: list[Barriers] = []


def why_not() -> str:
    """Why no browser can run here: what to install, or nothing."""
    if _chromium() is None:
        return "chromium is not installed"
    return "" if importlib.util.find_spec("playwright") else "playwright is not installed"


@dataclass
class Window:
    """One window of one person; nothing that it loads or logs goes unnoticed."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._barriers = Barriers(self.page)
        _watched.append(self._barriers)
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).hostname or asked.url))
        self.page.on("requestfailed", lambda asked: self._failed(asked.url, asked.failure))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _failed(self, url: str, failure: str | None) -> None:
        # What a page still loads when one leaves it is broken off, and no fault.
        if failure != "net::ERR_ABORTED":
            self.complaints.append(f"{failure} {urlsplit(url).path}")

    def barriers(self) -> list[str]:
        """What axe finds wrong with the page as it stands: the rule and the first element, one line each.

        Every page is checked anyway, before each act and at the end: ask where a state in between matters.
        """
        return self._barriers.now()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium, without a window. Until it is closed this thread may not ask the database: Django sees Playwright's
    event loop, and refuses.

    At its end every page that its windows visited has been checked by axe: a barrier on one of them fails the test.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        _watched.clear()
        try:
            with checked_before_each_act(_watched):
                yield browser
            _fail_for_barriers(browser)
        finally:
            browser.close()


def sign_in(page: Page, url: str, user: User) -> None:
    """With both factors of the tests (`let_in`), from the team's address to the list."""
    page.goto(url)
    page.get_by_label("Votre nom de connexion").fill(user.sign_in_name)
    page.get_by_label("Votre mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Code", exact=True).fill(f"{totp(TOTP_KEY):06d}")
    page.get_by_role("button", name="Entrer").click()
    page.locator(".list").wait_for()


def _fail_for_barriers(browser: Browser) -> None:
    pages = [barriers.page for barriers in _watched]
    for context in browser.contexts:
        if any(page not in pages for page in context.pages):
            raise AssertionError("a page was opened without a Window: nobody looked for barriers on it")
    for barriers in _watched:
        barriers.now()
    found = [line for barriers in _watched for line in barriers.found]
    if found:
        raise AssertionError("barriers:\n" + "\n".join(found))


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")
