"""The screens that listen, and which of them hears what: never one of another pharmacy."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from portal.lib.told import Kind, Told
from portal.live.door import Pass

# What a screen has not taken yet; one that is further behind asks for everything again instead.
MOST_WAITING = 50
AGAIN = "again"
Line = tuple[str, str]


class Screen:
    """One tab of one browser: what it is still to be told."""

    __slots__ = ("_lines", "_stirred", "headers", "known", "over", "seen_at")

    def __init__(self, known: Pass, headers: dict[str, str], now: float) -> None:
        self.known = known
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

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def __iter__(self) -> Iterator[Screen]:
        for screens in list(self._of.values()):
            yield from list(screens)

    def add(self, screen: Screen) -> None:
        self._of[screen.known.pharmacy].add(screen)

    def remove(self, screen: Screen) -> None:
        here = self._of[screen.known.pharmacy]
        here.discard(screen)
        if not here:
            del self._of[screen.known.pharmacy]

    def hear(self, told: Told) -> None:
        """Say it to whoever may know. Of sessions nothing is said: the door is asked again."""
        subject = str(told.id) if told.id else ""
        for screen in list(self._concerned(told)):
            if told.kind == Kind.SESSION:
                screen.seen_at = float("-inf")
            else:
                screen.tell(told.kind, subject)

    def _concerned(self, told: Told) -> Iterable[Screen]:
        for screen in self._of.get(told.pharmacy, ()):
            known = screen.known
            mine = told.person is None or told.person == known.person
            if mine and (told.mailbox is None or told.mailbox in known.mailboxes):
                yield screen
