"""axe-core on every page that a browser test visits: nobody acts on a page, or leaves it, before it was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).resolve().parent
AXE = next(HERE.parent.glob("vendor/axe-core@*/axe.min.js"))
# Frames are others' letters, in a sandbox: what they hold is not ours to mend.
SCRIPT = "if (window.top === window && location.protocol.startsWith('http')) {{\n{axe}\n{ours}\n}}"
CHECKED = "window.officinal ? window.officinal.checked() : []"
ATTEMPTS = 5  # a page that is just being replaced is looked at once the next one is there

# Whatever a person does to a page, by the class of Playwright's that does it.
ACTS = {
    "Page": "goto reload go_back go_forward close",
    "Locator": "click dblclick tap press press_sequentially fill check uncheck select_option set_input_files"
    " dispatch_event hover",
    "Keyboard": "press type insert_text",
    "Mouse": "click wheel",
}

# What axe said of a page of this shape, width and colour, in this whole run: it is asked once.
_known: dict[int, list[str]] = {}


class Barriers:
    """What axe found on the pages of one window: `found` has the path, the rule and the first element."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        self.paths: set[str] = set()
        self.page = page
        page.expose_binding("officinalKnown", lambda source, key: self._recall(key))
        page.expose_binding("officinalFound", lambda source, told: self._note(told["key"], told["lines"]))
        ours = (HERE / "barriers.js").read_text("utf-8")
        page.add_init_script(SCRIPT.format(axe=AXE.read_text("utf-8"), ours=ours))

    def now(self) -> list[str]:
        """What is wrong with the page as it stands."""
        from playwright.sync_api import Error

        for attempt in range(1, ATTEMPTS + 1):
            try:
                lines: list[str] = self.page.evaluate(CHECKED)
            except Error:
                if self.page.is_closed():
                    return []
                if attempt == ATTEMPTS:
                    raise
            else:
                return lines
        return []

    def _recall(self, key: str) -> list[str] | None:
        self.paths.add(self._path)
        known = _known.get(hash(key))
        self._tell(known or [])
        return known

    def _note(self, key: str, lines: list[str]) -> None:
        _known[hash(key)] = lines
        self._tell(lines)

    def _tell(self, lines: list[str]) -> None:
        self.found += [told for line in lines if (told := f"{self._path}: {line}") not in self.found]

    @property
    def _path(self) -> str:
        return urlsplit(self.page.url).path


@contextmanager
def checked_before_each_act(watched: list[Barriers]) -> Iterator[None]:
    """Have Playwright's acts wait until the pages that stand were checked."""
    from playwright import sync_api

    def checked_first(act: Callable[..., Any]) -> Callable[..., Any]:
        def done(on: Any, *args: Any, **options: Any) -> Any:
            page = on if isinstance(on, sync_api.Page) else getattr(on, "page", None)
            for each in watched:
                if page in (None, each.page) and not each.page.is_closed():
                    each.now()
            return act(on, *args, **options)

        return done

    with ExitStack() as stack:
        for name, acts in ACTS.items():
            kind = getattr(sync_api, name)
            for act in acts.split():
                stack.enter_context(patch.object(kind, act, checked_first(getattr(kind, act))))
        yield
