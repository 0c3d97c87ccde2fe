"""Tests that a pharmacist closes the exchange with a patient, that everybody sees it, and that it can be mended."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import mark_failed
from portal.conversations.models import Conversation, Message
from portal.outbound.actions import undo
from portal.outbound.models import Delivery
from tests.inbound.letters import letter
from tests.web.inbox_case import InboxTestCase, fields_of, page, queued

BYE = "Bonne journée, à bientôt."


class Closing(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(message_id="<question@patient.mssante.fr>")
        self.address = page("close_exchange", self.conversation.pk)

    def close(self, **changes: Any) -> Any:
        fields = fields_of(self.as_claire.get(self.address))
        return self.as_claire.post(self.address, {**fields, "body": BYE, **changes})

    def now(self) -> Conversation:
        return Conversation.objects.get(pk=self.conversation.pk)

    def answer(self, text: str = "C’est prêt.") -> Any:
        now = self.now()
        fields = {
            "version": now.version,
            "conversation": str(now.pk),
            "draft": str(uuid4()),
            "draft_version": 0,
        }
        return self.browser(self.nadia).post(page("reply", now.pk), {**fields, "body": text})

    def test_the_page_says_what_it_means_before_anything_is_sent(self) -> None:
        shown = self.as_claire.get(self.address)

        self.assertContains(shown, "ne pourra plus répondre")
        self.assertContains(shown, "Notre échange est terminé")
        self.assertEqual(Delivery.objects.count(), 0)

    def test_the_message_leaves_by_the_ordinary_queue_and_ends_the_exchange(self) -> None:
        self.assertRedirects(self.close(), page("conversation", self.conversation.pk))

        self.assertIsNotNone(self.now().closed_at)
        self.assertTrue(Message.objects.get(kind="out").ends_exchange)
        self.assertEqual(queued()[0].author_id, self.claire.pk)
        self.assertIn(b"X-MSS-MES: FIN\r\n", queued()[0].read_blob())

    def test_everybody_sees_who_closed_it_and_has_no_composer(self) -> None:
        self.close()

        shown = self.as_karim.get(page("conversation", self.conversation.pk))
        self.assertContains(shown, "Échange clos par Claire")
        self.assertContains(shown, "Ce message a clos l’échange avec le patient")
        self.assertNotContains(shown, 'id="body"')

    def test_an_answer_is_refused_with_the_reason_and_its_words_stay(self) -> None:
        self.close()

        refused = self.answer("Des mots à garder.")

        self.assertContains(refused, "L’échange avec ce patient a été clos", status_code=422)
        self.assertContains(refused, "Des mots à garder.", status_code=422)
        self.assertEqual(len(queued()), 1)

    def test_an_ordinary_answer_ends_nothing(self) -> None:
        self.assertEqual(self.answer().status_code, 302)

        self.assertIsNone(self.now().closed_at)
        self.assertNotIn(b"X-MSS-MES", queued()[0].read_blob())

    def test_taking_the_message_back_opens_the_exchange_again(self) -> None:
        self.close()
        undo(queued()[0], by=self.claire)

        self.assertIsNone(self.now().closed_at)
        self.assertContains(self.as_claire.get(page("conversation", self.conversation.pk)), BYE)

    def test_a_closing_message_that_does_not_arrive_leaves_the_exchange_open(self) -> None:
        self.close()
        mark_failed(self.now())

        self.assertIsNone(self.now().closed_at)

    def test_a_patient_who_writes_all_the_same_may_be_answered(self) -> None:
        self.close()
        self.receive(letter(subject="Autre", answers="<question@patient.mssante.fr>", text="Et demain ?"))

        self.assertEqual(self.now().message_count, 3)
        self.assertIsNone(self.now().closed_at)
        self.assertEqual(self.answer().status_code, 302)

    def test_a_new_question_of_the_same_subject_begins_a_new_conversation(self) -> None:
        self.close()
        self.receive(letter())

        self.assertEqual(Conversation.objects.count(), 2)
        self.assertIsNotNone(self.now().closed_at)

    def test_what_a_correspondent_ends_is_shown(self) -> None:
        ended = self.received("Dr B <b@medecin-test.mssante.fr>", "[FIN] Merci", "Merci.")

        shown = self.as_karim.get(page("conversation", ended.pk))
        self.assertContains(shown, "Ce message annonce la fin de l’échange")
        self.assertContains(shown, 'id="body"')

    def test_the_answer_that_was_begun_becomes_the_closing_message(self) -> None:
        fields = fields_of(self.as_claire.get(page("conversation", self.conversation.pk)))
        draft = fields["draft"]
        self.as_claire.htmx("post", page("draft_save", draft), {**fields, "body": "Commencé."})

        self.assertContains(self.as_claire.get(self.address), "Commencé.")

    def test_nothing_leaves_when_the_patient_wrote_meanwhile(self) -> None:
        fields = fields_of(self.as_claire.get(self.address))
        self.receive(letter(answers="<question@patient.mssante.fr>", text="Encore une chose."))

        held = self.as_claire.post(self.address, {**fields, "body": BYE})

        self.assertContains(held, "Léa Durand a écrit", status_code=409)
        self.assertContains(held, BYE, status_code=409)
        self.assertEqual(queued(), [])

    def test_an_empty_or_broken_message_comes_back_with_the_reason(self) -> None:
        self.assertContains(self.close(body=" "), "Le message est vide", status_code=422)
        self.assertContains(self.close(body="a\0b"), "caractère", status_code=422)

    def test_a_preparateur_is_not_offered_it_and_does_not_find_it(self) -> None:
        self.assertNotContains(self.as_karim.get(page("conversation", self.conversation.pk)), self.address)
        for method in ("get", "post"):
            self.assertEqual(getattr(self.as_karim, method)(self.address).status_code, 404)

    def test_only_a_patient_has_an_exchange_to_close(self) -> None:
        other = self.received("Dr B <b@medecin-test.mssante.fr>")

        self.assertEqual(self.as_claire.get(page("close_exchange", other.pk)).status_code, 404)
        self.assertNotContains(self.as_claire.get(page("conversation", other.pk)), "/clore/")

    def test_another_pharmacy_does_not_know_the_address(self) -> None:
        self.assertEqual(self.hugo().post(self.address).status_code, 404)

    def test_it_is_in_the_journal(self) -> None:
        self.close()

        entry = Entry.objects.get(event=Event.EXCHANGE_CLOSE)
        self.assertEqual((entry.actor, entry.object_id), (self.claire.pk, self.conversation.pk))

    def test_closing_twice_sends_once(self) -> None:
        fields = fields_of(self.as_claire.get(self.address))
        for _ in range(2):
            self.as_claire.post(self.address, {**fields, "body": BYE})

        self.assertEqual(len(queued()), 1)
        self.assertRedirects(self.as_claire.get(self.address), page("conversation", self.conversation.pk))
