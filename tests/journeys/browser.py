"""A real browser: what it logged, whom it asked, and what axe says of a page."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = next(Path(__file__).resolve().parents[1].glob("vendor/axe-core@*/axe.min.js"))
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
        """What axe finds wrong with the page as it stands: the rule and the first element, one line each."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']}: {rule['nodes'][0]['html'][:160]} — {rule['nodes'][0]['failureSummary']}"
            for rule in found["violations"]
        ]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium, without a window. Until it is closed this thread may not ask the database: Django sees Playwright's
    event loop, and refuses."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")
