"""Tests that who may listen no longer hears no more, and that a door that is away is borne with for a while."""

from __future__ import annotations

import asyncio
from time import monotonic
from unittest import TestCase
from unittest.mock import AsyncMock, patch
from uuid import UUID, uuid4

from portal.lib.told import Kind, Told
from portal.live.door import Away, Door, Pass, Refused
from portal.live.screens import Screen, Screens
from portal.live.warden import AGAIN_AFTER, ENDED, TRUSTED_FOR, UNSURE, Warden

SOLEIL, KARIM, SHARED = uuid4(), uuid4(), uuid4()


class Rounds(TestCase):
    def setUp(self) -> None:
        self.screens = Screens()
        self.tabs = [self.tab("sid=karim"), self.tab("sid=karim")]

    def tab(self, cookie: str) -> Screen:
        known = Pass(SOLEIL, KARIM, frozenset({SHARED}))
        screen = Screen(known, {"host": "soleil.localhost", "cookie": cookie}, now=monotonic())
        self.screens.add(screen)
        return screen

    def round(self, answer: object, *, after: float = AGAIN_AFTER) -> int:
        """One round so many seconds later; how often the door was asked."""
        ask = AsyncMock(side_effect=[answer] * 9)
        door = Door("127.0.0.1", 1, "/")
        with (
            patch.object(door, "ask", ask),
            patch("portal.live.warden.monotonic", return_value=monotonic() + after),
        ):
            asyncio.run(Warden(self.screens, door)._make_a_round())
        return ask.await_count

    @property
    def over(self) -> list[str]:
        return [tab.over for tab in self.tabs]

    def known(self, person: UUID = KARIM, *mailboxes: UUID) -> Pass:
        return Pass(SOLEIL, person, frozenset(mailboxes))

    def test_one_question_is_asked_for_all_tabs_of_a_session_and_mailboxes_are_seen_anew(self) -> None:
        self.assertEqual(self.round(self.known()), 1)
        self.assertEqual(self.over, ["", ""])
        self.screens.hear(Told(SOLEIL, Kind.MAIL, uuid4(), mailbox=SHARED))
        self.assertEqual(asyncio.run(self.tabs[0].take(0.01)), [])

    def test_nothing_is_asked_before_its_time_unless_a_session_is_told_of(self) -> None:
        self.assertEqual(self.round(Refused(), after=1), 0)
        self.screens.hear(Told(SOLEIL, Kind.SESSION, person=KARIM))
        self.assertEqual(self.round(Refused(), after=1), 1)
        self.assertEqual(self.over, [ENDED, ENDED])

    def test_a_session_that_became_somebody_elses_is_over(self) -> None:
        self.round(self.known(uuid4(), SHARED))
        self.assertEqual(self.over, [ENDED, ENDED])

    def test_pages_that_are_away_are_borne_with_for_two_minutes_but_not_for_a_revoked_session(self) -> None:
        self.round(Away())
        self.assertEqual(self.over, ["", ""])
        self.round(Away(), after=TRUSTED_FOR + 1)
        self.assertEqual(self.over, [UNSURE, UNSURE])
        late = self.tab("sid=other")
        self.screens.hear(Told(SOLEIL, Kind.SESSION, person=KARIM))
        self.round(Away(), after=1)
        self.assertEqual(late.over, UNSURE)
