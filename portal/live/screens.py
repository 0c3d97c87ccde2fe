"""The screens that listen, and which of them hears what: never one of another pharmacy."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import monotonic
from uuid import UUID

from portal.lib.told import Kind, Told
from portal.live.door import Pass

# What a screen has not taken yet; one that is further behind asks for everything again instead.
MOST_WAITING = 50
AGAIN = "again"
Line = tuple[str, str]
# A tab says again every minute where it is; one that other processes hold, and whose end was never told, is forgotten.
HERE_SECONDS = 150.0


class Screen:
    """One tab of one browser: what it is still to be told."""

    __slots__ = ("_lines", "_stirred", "headers", "known", "over", "seen_at", "tab")

    def __init__(self, known: Pass, headers: dict[str, str], now: float, tab: UUID | None = None) -> None:
        self.known = known
        self.tab = tab
        self.headers = headers
        self.seen_at = now  # when the door was last asked
        self.over = ""  # why it may listen no longer
        self._lines: dict[Line, None] = {}
        self._stirred = asyncio.Event()

    def tell(self, name: str, subject: str = "") -> None:
        """The same thing twice before it was taken is one thing."""
        if len(self._lines) >= MOST_WAITING:
            self._lines = {(AGAIN, ""): None}
        else:
            self._lines[name, subject] = None
        self._stirred.set()

    def end(self, why: str) -> None:
        self.over = why
        self._stirred.set()

    async def take(self, patience: float) -> list[Line]:
        """What there is to say, at once or as soon as there is something; nothing after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._stirred.wait()
        except TimeoutError:
            return []
        self._stirred.clear()
        taken, self._lines = list(self._lines), {}
        return taken


class Screens:
    """All that listen here, by pharmacy."""

    def __init__(self) -> None:
        self._of: defaultdict[UUID, set[Screen]] = defaultdict(set)
        self._here: defaultdict[UUID, dict[UUID, tuple[Told, float]]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def __iter__(self) -> Iterator[Screen]:
        for screens in list(self._of.values()):
            yield from list(screens)

    def add(self, screen: Screen) -> None:
        """It is told at once who is where."""
        self._of[screen.known.pharmacy].add(screen)
        here = self._here.get(screen.known.pharmacy, {})
        for told, _ in list(here.values()):
            if told.mailbox in screen.known.mailboxes:
                screen.tell(told.kind, _written(told))

    def forget_absent(self) -> None:
        """Tabs that have not said for long where they are."""
        now = monotonic()
        late = [told for here in self._here.values() for told, until in here.values() if until < now]
        for told in late:
            self.hear(replace(told, kind=Kind.GONE))

    def remove(self, screen: Screen) -> None:
        here = self._of[screen.known.pharmacy]
        here.discard(screen)
        if not here:
            del self._of[screen.known.pharmacy]

    def hear(self, told: Told) -> None:
        """Say it to whoever may know. Of sessions nothing is said: the door is asked again."""
        if told.kind in (Kind.HERE, Kind.GONE):
            self._place(told)
        subject = _written(told)
        for screen in list(self._concerned(told)):
            if told.kind == Kind.SESSION:
                screen.seen_at = float("-inf")
            else:
                screen.tell(told.kind, subject)

    def _place(self, told: Told) -> None:
        here = self._here[told.pharmacy]
        if told.tab and told.kind == Kind.HERE:
            here[told.tab] = (told, monotonic() + HERE_SECONDS)
        elif told.tab:
            here.pop(told.tab, None)
        if not here:
            del self._here[told.pharmacy]

    def _concerned(self, told: Told) -> Iterable[Screen]:
        for screen in self._of.get(told.pharmacy, ()):
            known = screen.known
            mine = told.person in (None, known.person) or told.kind in (Kind.HERE, Kind.GONE)
            if mine and (told.mailbox is None or told.mailbox in known.mailboxes):
                yield screen


def _written(told: Told) -> str:
    """The id of what changed; of presence also which tab, whose, and what she does."""
    subject = str(told.id) if told.id else ""
    if told.kind not in (Kind.HERE, Kind.GONE):
        return subject
    words = {"tab": told.tab, "conversation": told.id, "person": told.person}
    return json.dumps({**{name: str(value) for name, value in words.items() if value}, "at": told.at})
