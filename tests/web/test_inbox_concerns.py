"""Tests that a person finds what concerns her, and nobody else does: named, given to her, failed, sent back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import connection

from portal.conversations.concern_models import Concern, ConcernKind
from portal.conversations.counters import counts
from portal.conversations.models import Conversation, CounterKind, Message, MessageKind
from portal.mailboxes.models import MailboxKind
from portal.team.models import User
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, page


class Concerns(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(subject="Mon sirop")
        self.list = page("inbox_view", "notifications")

    def note(self, text: str, on: Conversation | None = None, **posted: Any) -> Any:
        fields = {"note": str(uuid4()), "text": text, **posted}
        return self.as_karim.post(page("add_note", (on or self.conversation).pk), fields)

    def unread(self, person: User) -> int:
        return counts(person.pk)[CounterKind.CONCERN]

    def open(self) -> Any:
        return self.as_claire.get(page("conversation", self.conversation.pk))

    def test_somebody_named_in_a_note_finds_it_until_she_opens_it(self) -> None:
        self.note("@claire, tu peux regarder ?")

        self.assertEqual((self.unread(self.claire), self.unread(self.nadia)), (1, 0))
        listed = self.as_claire.get(self.list)
        for words in ("Karim vous a mentionné", "Mon sirop", "Nouvelles", "Tout marquer comme lu"):
            self.assertContains(listed, words)
        self.assertContains(self.open(), "Note de Karim B. pour vous")
        self.assertEqual(self.unread(self.claire), 0)
        again = self.as_claire.get(self.list)
        self.assertContains(again, "Déjà vues")
        self.assertNotContains(again, "Tout marquer comme lu")
        self.assertContains(self.as_karim.get(page("conversation", self.conversation.pk)), "pour Claire M.")

    def test_without_scripts_she_is_chosen_beside_the_note(self) -> None:
        self.assertContains(self.open(), '<select class="input" id="mention" name="mention">')

        self.note("À voir.", mention=self.nadia.pk)

        self.assertEqual((self.unread(self.claire), self.unread(self.nadia)), (0, 1))

    def test_only_a_whole_name_after_the_sign_names_somebody(self) -> None:
        for text in ("claire", "courriel@claire.fr", "@Clairette", "@Karim"):
            self.note(text)
        self.assertFalse(Concern.objects.exists())

    def test_two_of_the_same_first_name_are_named_in_full(self) -> None:
        User.objects.filter(pk=self.nadia.pk).update(display_name="Claire Zola")

        self.note("@Claire et @Claire Zola")

        self.assertEqual((self.unread(self.claire), self.unread(self.nadia)), (0, 1))

    def test_nobody_is_mentioned_into_a_mailbox_she_cannot_see(self) -> None:
        own = open_box("karim@pro.mssante.fr", kind=MailboxKind.PER, owner=self.karim)
        theirs = self.received("Dr B <b@medecin-test.mssante.fr>", box=own)

        self.note("@Claire", on=theirs)
        refused = self.note("Regarde", on=theirs, mention=self.claire.pk)

        self.assertEqual(refused.status_code, 422)
        self.assertContains(refused, "ne voit pas cette boîte", status_code=422)
        self.assertFalse(Concern.objects.exists())
        shown = self.as_karim.get(page("conversation", theirs.pk))
        self.assertNotContains(shown, 'id="mention"')

    def test_whom_a_note_names_is_sealed(self) -> None:
        self.note("@Claire")

        kept = Message.objects.get(kind=MessageKind.NOTE)
        self.assertEqual(kept.headers, {"mentions": [str(self.claire.pk)]})
        with connection.cursor() as cursor:
            cursor.execute("SELECT m::text FROM conversations_message m WHERE kind = 'note'")
            self.assertNotIn(str(self.claire.pk), cursor.fetchone()[0])

    def test_several_things_in_one_conversation_count_once(self) -> None:
        version = Conversation.objects.get().version
        given = {"person": self.claire.pk, "version": version}
        self.as_karim.post(page("assign", self.conversation.pk), given)
        self.note("@Claire")
        self.note("@Claire encore")

        self.assertEqual(self.unread(self.claire), 1)
        self.assertEqual(Concern.objects.get().kinds, [ConcernKind.ASSIGNED, ConcernKind.MENTION])
        listed = self.as_claire.get(self.list)
        self.assertContains(listed, "Karim vous a mentionné")
        self.assertContains(listed, "un collègue vous l’a confié")

    def test_what_i_do_myself_is_no_news(self) -> None:
        version = Conversation.objects.get().version
        taken = {"person": self.claire.pk, "version": version}
        self.as_claire.post(page("assign", self.conversation.pk), taken)
        self.assertFalse(Concern.objects.exists())

    def test_marked_unread_it_is_new_again_and_all_are_read_at_once(self) -> None:
        self.note("@Claire")
        self.open()
        self.as_claire.post(page("unread", self.conversation.pk))
        self.assertEqual(self.unread(self.claire), 1)

        answer = self.as_claire.post(page("concerns_seen"))

        self.assertRedirects(answer, self.list)
        self.assertEqual(self.unread(self.claire), 0)

    def test_no_list_and_no_conversation_costs_a_query_more(self) -> None:
        def cost(url: str) -> int:
            with self.statements() as made:
                self.as_claire.htmx("get", url)
            return len(made.sql)

        conversation, todo = page("conversation", self.conversation.pk), page("inbox_view", "a-traiter")
        cost(conversation)
        before = cost(conversation), cost(todo)
        self.note("@Claire")
        cost(conversation)  # it is read, once
        self.note("@Nadia")
        self.assertEqual((cost(conversation), cost(todo)), before)
        self.assertLessEqual(cost(self.list), 10)

    def test_another_pharmacy_sees_nothing_of_it(self) -> None:
        self.note("@Claire")
        self.assertNotContains(self.hugo().get(self.list), "Mon sirop")
