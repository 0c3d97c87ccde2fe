"""Tests of who hears what: each screen its own pharmacy's, and its own mailboxes'."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from unittest import TestCase
from unittest.mock import patch
from uuid import UUID, uuid4

from portal.lib.told import Kind, NotTold, Told, read
from portal.live.door import Pass
from portal.live.screens import AGAIN, HERE_SECONDS, MOST_WAITING, Screen, Screens

SOLEIL, GARE = uuid4(), uuid4()
SHARED, OF_NADIA = uuid4(), uuid4()
NADIA, KARIM, HUGO = uuid4(), uuid4(), uuid4()


def screen(person: UUID, *mailboxes: UUID, pharmacy: UUID = SOLEIL) -> Screen:
    return Screen(Pass(pharmacy, person, frozenset(mailboxes)), {}, now=0.0)


def taken(one: Screen) -> list[tuple[str, str]]:
    return asyncio.run(one.take(0.01))


class Hearing(TestCase):
    def setUp(self) -> None:
        self.nadia = screen(NADIA, SHARED, OF_NADIA)
        self.karim = screen(KARIM, SHARED)
        self.hugo = screen(HUGO, SHARED, pharmacy=GARE)
        self.screens = Screens()
        for one in (self.nadia, self.karim, self.hugo):
            self.screens.add(one)

    def test_a_conversation_of_soleil_is_told_at_soleil_alone(self) -> None:
        conversation = uuid4()
        self.screens.hear(Told(SOLEIL, Kind.CONVERSATION, conversation, mailbox=SHARED))
        self.assertEqual(taken(self.nadia), [("conversation", str(conversation))])
        self.assertEqual(taken(self.karim), [("conversation", str(conversation))])
        self.assertEqual(taken(self.hugo), [])

    def test_what_is_in_nadias_own_mailbox_is_told_to_her_alone(self) -> None:
        self.screens.hear(Told(SOLEIL, Kind.MAIL, uuid4(), mailbox=OF_NADIA))
        self.assertEqual([name for name, _ in taken(self.nadia)], ["mail"])
        self.assertEqual(taken(self.karim), [])

    def test_a_session_is_asked_about_at_once_and_nothing_is_told(self) -> None:
        self.screens.hear(Told(SOLEIL, Kind.SESSION, person=KARIM))
        self.assertEqual((self.karim.seen_at, self.nadia.seen_at), (float("-inf"), 0.0))
        self.assertEqual(taken(self.karim), [])

    def test_a_screen_that_falls_behind_asks_for_everything_again(self) -> None:
        for _ in range(MOST_WAITING + 1):
            self.karim.tell(Kind.CONVERSATION, str(uuid4()))
        self.assertEqual(taken(self.karim), [(AGAIN, "")])

    def test_who_is_gone_is_forgotten(self) -> None:
        for one in (self.nadia, self.karim, self.hugo):
            self.screens.remove(one)
        self.assertEqual((len(self.screens), list(self.screens)), (0, []))


class Presence(TestCase):
    def setUp(self) -> None:
        self.screens = Screens()
        self.karim = screen(KARIM, SHARED)
        self.screens.add(self.karim)
        self.tab, self.conversation = uuid4(), uuid4()
        self.here = Told(SOLEIL, Kind.HERE, self.conversation, SHARED, NADIA, self.tab, "writes|NB|Nadia B.")

    def told(self, one: Screen) -> list[tuple[str, dict[str, str]]]:
        return [(name, json.loads(words)) for name, words in taken(one)]

    def test_who_writes_is_told_to_all_who_see_the_mailbox_and_to_who_comes_later(self) -> None:
        self.screens.hear(self.here)
        claire = screen(uuid4(), SHARED)
        self.screens.add(claire)
        for one in (self.karim, claire):
            [(kind, said)] = self.told(one)
            self.assertEqual(
                (kind, said["conversation"], said["person"]), ("here", str(self.conversation), str(NADIA))
            )
            self.assertEqual(said["at"], "writes|NB|Nadia B.")

    def test_who_does_not_see_the_mailbox_learns_nothing(self) -> None:
        lea = screen(uuid4())
        self.screens.add(lea)
        self.screens.hear(self.here)
        self.assertEqual(self.told(lea), [])

    def test_a_tab_that_is_gone_or_says_nothing_for_long_is_nowhere(self) -> None:
        self.screens.hear(self.here)
        taken(self.karim)
        with patch("portal.live.screens.monotonic", return_value=monotonic() + HERE_SECONDS + 1):
            self.screens.forget_absent()
        self.assertEqual(
            [(kind, said["tab"]) for kind, said in self.told(self.karim)], [("gone", str(self.tab))]
        )
        later = screen(uuid4(), SHARED)
        self.screens.add(later)
        self.assertEqual(self.told(later), [])


class Wire(TestCase):
    def test_what_is_told_is_read_as_it_was_written(self) -> None:
        told = Told(SOLEIL, Kind.CONVERSATION, uuid4(), mailbox=SHARED, person=NADIA)
        self.assertEqual(read(told.written()), told)
        self.assertLess(len(told.written()), 250)

    def test_anything_else_on_the_channel_is_refused(self) -> None:
        for text in (
            "",
            "{}",
            "[]",
            "null",
            '{"pharmacy": 1, "kind": "mail"}',
            f'{{"pharmacy": "{SOLEIL}"}}',
        ):
            with self.subTest(text), self.assertRaises(NotTold):
                read(text)
