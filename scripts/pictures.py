"""Pictures of the demo's main screens, in a headless Chromium where there is one."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def why_not() -> str:
    """What is missing, or nothing."""
    if _chromium() is None:
        return "chromium is not installed"
    return "" if importlib.util.find_spec("playwright") else "playwright is not installed"


def take(address: str, conversation: str, folder: Path) -> str:
    """Write them to `folder`; gives how many there are and where."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    soleil = address.replace("localhost", "soleil.localhost")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        page = browser.new_context(locale="fr-FR", viewport=WIDE).new_page()

        def shoot(name: str, url: str, *, size: dict[str, int] = WIDE) -> None:
            page.set_viewport_size(size)
            page.goto(url)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png", animations="disabled")

        count = _walk(page, shoot, address, soleil, conversation)
        browser.close()
    return f"{count} in {folder.name}/"


def _walk(page: Page, shoot: Callable[..., None], address: str, soleil: str, conversation: str) -> int:
    shots = [
        ("accueil", f"{address}/", WIDE),
        ("pharmacie", f"{soleil}/", PHONE),
        ("formulaire", f"{soleil}/ordonnance/", PHONE),
    ]
    signed_in = [
        ("messages", f"{soleil}/equipe/a-traiter/", WIDE),
        ("ordonnance", f"{soleil}{conversation}", WIDE),
        ("ordonnances", f"{soleil}/equipe/ordonnances/", WIDE),
        ("au-comptoir", f"{soleil}/equipe/a-traiter/", PHONE),
        ("journal", f"{soleil}/console/journal/", WIDE),
        ("console", f"{soleil}/console/equipe/", WIDE),
    ]
    for name, url, size in shots:
        shoot(name, url, size=size)
    page.goto(f"{address}/")
    page.get_by_role("button", name="Nadia Benali").click()
    page.locator(".list").wait_for()
    for name, url, size in signed_in:
        shoot(name, url, size=size)
    return len(shots) + len(signed_in)


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")
