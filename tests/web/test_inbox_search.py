"""Tests that the team finds what was written, only what it may see, and that the words asked for stay nowhere."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.contrib.sessions.models import Session
from django.db import OperationalError

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations import finding
from portal.conversations.actions import finish
from portal.mailboxes.models import MailboxKind
from tests.browsing import Browser
from tests.inbound.letters import LEA, letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, page

PETIT = "Dr Sylvain Petit <s.petit@medecin-test.mssante.fr>"
INS = LEA.partition("@")[0]


class Search(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lea = self.received(text="Il me faut du Levothyrox 75.")
        self.petit = self.received(PETIT, "Sortie de M. Lambert", "Voyez le Ramipril.")

    def ask(self, words: str, browser: Browser | None = None) -> Any:
        return (browser or self.as_karim).post(page("search"), {"q": words}, follow=True)

    def found(self, words: str, browser: Browser | None = None) -> list[str]:
        rows = self.ask(words, browser).context["shell"].listing.rows
        return [row.who for row in rows]

    def test_names_numbers_words_and_beginnings_of_names_find_it(self) -> None:
        for words in ("lévothyrox", "Durand", "dur", INS, "2 79 03 51 215 189 89", "levothyrox durand"):
            with self.subTest(words):
                self.assertEqual(self.found(words), ["Léa Durand"])
        self.assertEqual(self.found("lambert ramipril"), ["Dr Sylvain Petit"])

    def test_every_word_must_be_there(self) -> None:
        self.assertEqual(self.found("levothyrox petit"), [])
        self.assertContains(self.ask("doliprane"), "Rien trouvé")

    def test_what_is_done_is_found_too_newest_first(self) -> None:
        finish(self.lea, by=self.nadia, version=self.lea.version)
        self.receive(letter(PETIT, "Levothyrox ?", "Et le levothyrox ?"))

        self.assertEqual(self.found("levothyrox"), ["Dr Sylvain Petit", "Léa Durand"])

    def test_words_stand_in_no_address_and_the_page_can_be_come_back_to(self) -> None:
        answer = self.as_karim.post(page("search"), {"q": INS})

        self.assertRedirects(answer, page("search"))
        again = self.as_karim.get(page("search"))
        self.assertContains(again, f'value="{INS}"')
        self.assertContains(again, "Léa Durand")
        title = again.content.decode().partition("<title>")[2].partition("</title>")[0]
        self.assertNotIn(INS, title)

    def test_an_address_with_words_in_it_is_not_listened_to(self) -> None:
        self.assertEqual(self.as_karim.get(page("search") + "?q=durand").context["shell"].listing.rows, ())

    def test_words_are_sealed_in_the_session(self) -> None:
        self.ask(INS)

        kept = Session.objects.get(session_key=self.as_karim.sid)
        self.assertNotIn(INS, str(kept.get_decoded()))
        self.assertIn("search", kept.get_decoded())

    def test_words_of_another_person_are_not_opened(self) -> None:
        self.ask(INS)
        kept = Session.objects.get(session_key=self.as_karim.sid).get_decoded()["search"]
        claire = self.browser(self.claire)
        claire.change_session(search=kept)

        self.assertNotContains(claire.get(page("search")), INS)

    def test_the_journal_holds_a_fingerprint_of_the_words(self) -> None:
        self.ask(INS)
        self.ask(f" {INS} ")

        first, second = Entry.objects.filter(event=Event.CONVERSATION_SEARCH)
        self.assertEqual(first.actor, self.karim.pk)
        self.assertEqual(first.object_id, second.object_id)
        self.assertNotIn(INS, f"{first.object_id} {first.detail}")

    def test_what_cannot_be_looked_for_is_said_and_is_not_nothing_found(self) -> None:
        for words in ("de la", "x", "…"):
            with self.subTest(words):
                answer = self.ask(words)
                self.assertContains(answer, "ne peuvent pas être cherchés")
                self.assertNotContains(answer, "Rien trouvé")

    def test_a_search_that_fails_says_so_and_is_not_nothing_found(self) -> None:
        with patch.object(finding, "_hits", side_effect=OperationalError("canceling statement")):
            answer = self.ask("durand")

        self.assertContains(answer, "La recherche n’a pas pu se faire", status_code=503)
        self.assertNotContains(answer, "Rien trouvé", status_code=503)

    def test_fifty_are_shown_and_that_there_are_more_is_said(self) -> None:
        with patch.object(finding, "PAGE", 1):
            self.receive(letter(PETIT, "Encore", "Levothyrox encore."))
            answer = self.ask("levothyrox")

        self.assertEqual(len(answer.context["shell"].listing.rows), 1)
        self.assertContains(answer, "les plus récents sont affichés")

    def test_a_colleagues_own_mailbox_is_found_by_nobody_else(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        self.received("Dr B <b@medecin-test.mssante.fr>", "Zymafluor", "Zymafluor.", box=own)

        self.assertEqual(self.found("zymafluor", self.browser(self.claire)), ["Dr B"])
        self.assertEqual(self.found("zymafluor"), [])
        self.assertEqual(self.found("zymafluor", self.browser(self.nadia)), [])

    def test_another_pharmacy_finds_nothing_of_this_one(self) -> None:
        self.assertEqual(self.found("durand", self.hugo()), [])

    def test_it_costs_as_few_statements_whatever_is_found(self) -> None:
        def cost(words: str) -> int:
            self.ask(words)
            with self.statements() as made:
                self.as_karim.get(page("search"))
            return len(made.sql)

        none, one = cost("doliprane"), cost("levothyrox")
        for number in range(8):
            self.receive(letter(f"Dr {number}x <d{number}@medecin-test.mssante.fr>", "Lot", "levothyrox"))
        self.assertEqual(cost("levothyrox"), one)
        self.assertLessEqual(max(none, one), 10)
