"""Ask the door again, regularly, about each screen that listens: who signed out or is locked hears no more."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from time import monotonic

from portal.live.door import Away, Door, Refused
from portal.live.screens import Screen, Screens

logger = logging.getLogger(__name__)

ROUND_SECONDS = 0.5
AGAIN_AFTER = 30.0
# So long may the pages be away before nobody is believed any more.
TRUSTED_FOR = 120.0
ENDED, UNSURE = "ended", "unsure"


class Warden:
    def __init__(self, screens: Screens, door: Door) -> None:
        self._screens, self._door = screens, door

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self._make_a_round()
            except Exception:
                logger.exception("a round of the warden failed")

    async def _make_a_round(self) -> None:
        self._screens.forget_absent()
        due = [each for each in self._screens if monotonic() - each.seen_at >= AGAIN_AFTER]
        await asyncio.gather(*(self._ask(group) for group in _by_session(due)))

    async def _ask(self, screens: list[Screen]) -> None:
        """One question for all tabs of a session."""
        try:
            known = await self._door.ask(screens[0].headers)
        except Refused:
            for screen in screens:
                screen.end(ENDED)
        except Away:
            self._bear(screens)
        else:
            for screen in screens:
                screen.seen_at = monotonic()
                if (known.pharmacy, known.person) != (screen.known.pharmacy, screen.known.person):
                    screen.end(ENDED)
                screen.known = known

    def _bear(self, screens: list[Screen]) -> None:
        """The pages are away. Whoever was asked about lately is borne with; a revoked session is not."""
        for screen in screens:
            if monotonic() - screen.seen_at > TRUSTED_FOR:
                screen.end(UNSURE)


def _by_session(screens: Iterable[Screen]) -> list[list[Screen]]:
    groups: defaultdict[tuple[str, str], list[Screen]] = defaultdict(list)
    for screen in screens:
        groups[screen.headers.get("host", ""), screen.headers.get("cookie", "")].append(screen)
    return list(groups.values())
