"""Tests that a note is the team's alone: kept once, sealed, found by its words, and in nobody's way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Conversation, Message, MessageKind
from portal.mail.parse import parse
from portal.mailboxes.models import MailboxKind
from portal.outbound.models import Delivery
from portal.team.pins import choose_pin
from portal.team.shifts import begin_shift
from portal.vault.index import query_tokens, tsquery_literal
from tests.browsing import enrol, phone_of
from tests.cast import PASSWORD
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, fields_of, page, queued

WORDS = "Metformine 850 en rupture, 1000 sécable disponible."


class Notes(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()

    def write(self, text: str = WORDS, *, note: object = None, **options: str) -> Any:
        fields = {"note": str(note or uuid4()), "text": text}
        return self.as_karim.htmx("post", page("add_note", self.conversation.pk), fields, **options)

    def note(self) -> Message:
        return Message.objects.get(kind=MessageKind.NOTE)

    def test_a_note_stands_between_the_messages_with_its_author(self) -> None:
        self.assertContains(self.write(), "Note de Karim")

        shown = self.browser(self.claire).get(page("conversation", self.conversation.pk))
        self.assertContains(shown, WORDS)
        self.assertContains(shown, "visible de l’équipe seule")

    def test_without_scripts_one_comes_back_to_the_conversation(self) -> None:
        answer = self.as_karim.post(
            page("add_note", self.conversation.pk), {"note": str(uuid4()), "text": WORDS}
        )

        self.assertRedirects(answer, page("conversation", self.conversation.pk))

    def test_a_second_click_writes_no_second_note(self) -> None:
        same = uuid4()
        self.write(note=same)
        self.write(note=same)

        self.assertEqual(self.note().text, WORDS)

    def test_a_note_is_sent_nowhere_and_moves_nothing(self) -> None:
        before = Conversation.objects.get()
        self.write()
        after = Conversation.objects.get()

        self.assertEqual(Delivery.objects.count(), 0)
        for name in ("version", "last_message_at", "message_count", "snippet", "last_sent_at"):
            self.assertEqual(getattr(after, name), getattr(before, name), name)

    def test_a_colleagues_reply_is_not_held_up_by_a_note(self) -> None:
        claire = self.browser(self.claire)
        fields = fields_of(claire.get(page("conversation", self.conversation.pk)))
        self.write()

        claire.htmx("post", page("reply", self.conversation.pk), {**fields, "body": "C’est prêt."})

        self.assertEqual(len(queued()), 1)
        self.assertNotIn("Metformine", parse(queued()[0].read_blob()).text)

    def test_a_note_that_is_empty_too_long_or_broken_comes_back_with_its_words(self) -> None:
        for text, said in (
            ("  \n", "La note est vide"),
            ("x" * 10_001, "trop longue"),
            ("a\0b", "caractère"),
        ):
            with self.subTest(said):
                answer = self.write(text)
                self.assertContains(answer, said, status_code=422)
        self.assertContains(self.write("y" * 10_001), "y" * 10_001, status_code=422)
        self.assertFalse(Message.objects.filter(kind=MessageKind.NOTE).exists())

    def test_its_words_are_escaped(self) -> None:
        self.assertNotContains(self.write("<script>alert(1)</script>"), "<script>alert")

    def test_its_words_are_sealed_and_found_by_their_tokens(self) -> None:
        self.write()

        with connection.cursor() as cursor:
            cursor.execute("SELECT m::text FROM conversations_message m WHERE kind = 'note'")
            self.assertNotIn("metformine", cursor.fetchone()[0].lower())
        query = tsquery_literal(query_tokens("metformine rupture"))
        found = Message.objects.extra(where=["tokens @@ %s::tsquery"], params=[query])
        self.assertEqual(list(found), [self.note()])

    def test_writing_is_in_the_journal_without_the_words(self) -> None:
        self.write()

        entry = Entry.objects.get(event=Event.NOTE_ADD)
        self.assertEqual((entry.actor, entry.object_id), (self.karim.pk, self.note().pk))
        self.assertEqual(entry.detail, f"conversation={self.conversation.pk}")

    def test_nobody_writes_into_a_colleagues_own_mailbox(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        theirs = self.received("Dr B <b@medecin-test.mssante.fr>", box=own)

        answer = self.as_karim.post(page("add_note", theirs.pk), {"note": str(uuid4()), "text": WORDS})

        self.assertEqual(answer.status_code, 404)
        self.assertFalse(Message.objects.filter(kind=MessageKind.NOTE).exists())

    def test_another_pharmacy_does_not_know_the_address(self) -> None:
        answer = self.hugo().post(
            page("add_note", self.conversation.pk), {"note": str(uuid4()), "text": WORDS}
        )

        self.assertEqual(answer.status_code, 404)
        self.assertFalse(Message.objects.filter(kind=MessageKind.NOTE).exists())

    def test_notes_cost_no_statement_more(self) -> None:
        def cost() -> int:
            with self.statements() as made:
                self.as_karim.htmx("get", page("conversation", self.conversation.pk))
            return len(made.sql)

        cost()
        before = cost()
        self.write("Une note.")
        self.write("Une autre.")
        self.assertEqual(cost(), before)


class LeavingTheCounter(InboxTestCase):
    """A note that was begun waits for its author, whoever works at the counter meanwhile."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        self.url = page("conversation", self.conversation.pk)

    def leave(self, note: str = WORDS) -> None:
        referer = {"Referer": f"http://soleil.localhost{self.url}"}
        self.as_karim.post(page("lock"), {"note": note}, headers=referer)
        self.as_karim.post(page("unlock"), {"password": PASSWORD})

    def test_it_is_there_again_until_it_is_kept(self) -> None:
        self.leave()
        for _ in range(2):
            self.assertContains(
                self.as_karim.get(self.url),
                f'aria-haspopup="listbox" aria-controls="mention-list">{WORDS}</textarea>',
            )
        self.assertNotContains(self.browser(self.claire).get(self.url), WORDS)
        self.as_karim.post(page("add_note", self.conversation.pk), {"note": str(uuid4()), "text": WORDS})
        self.assertNotContains(self.as_karim.get(self.url), f">{WORDS}</textarea>")

    def test_another_session_of_its_author_has_it_and_nobody_elses(self) -> None:
        workstation = enrol(self.as_karim, self.nadia)
        shift, _ = begin_shift(self.karim, at=workstation, proof="-", now=timezone.now())
        choose_pin(shift, "581047", by=self.karim)
        self.as_karim.change_session(shift=str(shift.pk))
        self.leave()
        with connection.cursor() as cursor:
            cursor.execute("SELECT note FROM team_shift")
            self.assertNotIn(WORDS.encode(), bytes(cursor.fetchone()[0]))
        shift.refresh_from_db()
        self.assertIn("Metformine 850", str(shift.note))

        self.as_karim.cookies.pop("__Host-sid")
        shift.proof = phone_of(self.karim).persistent_id
        shift.save(update_fields=["proof"])
        self.as_karim.post(page("return_as", self.karim.pk), {"pin": "581047"})

        self.assertContains(self.as_karim.get(self.url), WORDS)
        self.as_karim.post(page("add_note", self.conversation.pk), {"note": str(uuid4()), "text": WORDS})
        shift.refresh_from_db()
        self.assertIsNone(shift.note)
