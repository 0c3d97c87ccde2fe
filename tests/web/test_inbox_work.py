"""Tests of sharing the work: who has it, whose turn it is, and what « Envoyer et… » makes of a conversation."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from portal.conversations.actions import assign, wait
from portal.conversations.models import Conversation
from portal.team.models import User
from tests.web.inbox_case import InboxTestCase, fields_of, page


class Assigning(InboxTestCase):
    def assign(self, conversation: Conversation, **posted: Any) -> Any:
        data = {"version": Conversation.objects.get(pk=conversation.pk).version, **posted}
        return self.as_karim.post(page("assign", conversation.pk), data)

    def test_a_second_person_is_added_and_one_is_taken_off(self) -> None:
        conversation = self.received()
        self.assign(conversation, person=self.karim.pk)

        self.assign(conversation, also=self.claire.pk)
        shown = self.as_claire.get(page("conversation", conversation.pk))
        self.assertContains(shown, "Attribuée à Karim B., Claire M., changer")
        listed = self.as_claire.get(page("inbox_view", "a-moi"))
        self.assertContains(listed, "Karim</span>")
        self.assertContains(listed, "Claire</span>")

        self.assign(conversation, without=self.karim.pk)
        self.assertEqual(Conversation.objects.get().assignees, [self.claire.pk])
        self.assertContains(
            self.as_karim.get(page("conversation", conversation.pk)), "Karim ne s’en charge plus"
        )

    def test_what_nobody_has_stands_in_its_view(self) -> None:
        conversation = self.received(subject="À prendre")
        view = page("inbox_view", "non-attribues")
        self.assertContains(self.as_karim.get(view), "À prendre")

        self.assign(conversation, person=self.karim.pk)

        self.assertContains(self.as_karim.get(view), "Tout a preneur")

    def test_nobody_who_left_and_no_stranger_is_added(self) -> None:
        conversation = self.received()
        User.objects.filter(pk=self.claire.pk).update(active=False)

        for person in (self.claire.pk, uuid4()):
            self.assertEqual(self.assign(conversation, also=person).status_code, 422)
        self.assertEqual(Conversation.objects.get().assignees, [])

    def test_a_list_of_shared_work_costs_as_many_queries_as_any(self) -> None:
        for number in range(6):
            conversation = self.received(subject=f"N° {number}")
            self.assign(conversation, person=self.karim.pk)
            self.assign(conversation, also=self.claire.pk)
        self.as_karim.get(page("inbox_view", "a-moi"))

        for view in ("a-moi", "a-traiter", "non-attribues", "en-attente"):
            with self.subTest(view=view), self.statements() as asked:
                self.as_karim.get(page("inbox_view", view))
            self.assertLessEqual(len(asked.sql), 7, "\n".join(asked.sql))


class Waiting(InboxTestCase):
    def act(self, name: str, conversation: Conversation, **posted: Any) -> Any:
        data = {"version": Conversation.objects.get(pk=conversation.pk).version, **posted}
        return self.as_karim.post(page(name, conversation.pk), data)

    def test_a_conversation_is_set_to_wait_and_taken_up_again(self) -> None:
        conversation = self.received(subject="Renouvellement")

        self.act("wait", conversation, on="prescriber")

        listed = self.as_claire.get(page("inbox_view", "en-attente"))
        for words in ("Renouvellement", "Attend le prescripteur"):
            self.assertContains(listed, words)
        self.assertNotContains(self.as_claire.get(page("inbox_view", "a-traiter")), "Renouvellement")
        shown = self.as_claire.get(page("conversation", conversation.pk))
        for words in ("En attente du prescripteur.", "Karim attend la réponse du prescripteur", "Reprendre"):
            self.assertContains(shown, words)
        self.act("reopen", conversation)
        self.assertContains(self.as_claire.get(page("inbox_view", "a-traiter")), "Renouvellement")

    def test_the_answer_stands_in_what_is_to_do_with_its_mark(self) -> None:
        conversation = self.received(subject="Renouvellement")
        self.act("wait", conversation, on="patient")

        self.received(subject="Re: Renouvellement")

        listed = self.as_claire.get(page("inbox_view", "a-traiter"))
        self.assertContains(listed, "Réponse reçue")
        self.assertContains(
            self.as_claire.get(page("conversation", conversation.pk)), "La réponse attendue est arrivée"
        )

    def test_who_saw_an_older_version_changes_nothing(self) -> None:
        conversation = self.received()
        seen = conversation.version
        assign(conversation, to=self.claire, by=self.claire, version=seen)

        refused = self.as_karim.post(page("wait", conversation.pk), {"version": seen, "on": "patient"})

        self.assertEqual(refused.status_code, 409)
        self.assertContains(refused, "Claire a attribué la conversation", status_code=409)

    def test_it_waits_for_nothing_that_nobody_named(self) -> None:
        conversation = self.received()

        for on in ("", "open", "done", "later-or-never"):
            self.assertEqual(self.act("wait", conversation, on=on).status_code, 404)

    def test_a_stranger_of_the_other_pharmacy_sees_nothing(self) -> None:
        conversation = self.received()

        refused = self.hugo().post(page("wait", conversation.pk), {"version": 1, "on": "patient"})

        self.assertEqual(refused.status_code, 404)


class SendingAnd(InboxTestCase):
    def send(self, then: str) -> Conversation:
        conversation = self.received()
        shown = self.as_claire.get(page("conversation", conversation.pk))
        self.assertContains(shown, "Envoyer et…")
        data = {**fields_of(shown), "body": "Avez-vous votre carte Vitale ?", "then": then}
        self.as_claire.post(page("reply", conversation.pk), data)
        return Conversation.objects.get(pk=conversation.pk)

    def test_an_answer_is_sent_and_the_patient_waited_for(self) -> None:
        sent = self.send("patient")

        self.assertEqual((sent.state, sent.message_count), ("patient", 2))
        self.assertContains(self.as_claire.get(page("inbox_view", "en-attente")), "Attend le patient")

    def test_an_answer_is_sent_and_the_prescriber_waited_for(self) -> None:
        self.assertEqual(self.send("prescriber").state, "prescriber")

    def test_an_answer_is_sent_and_that_is_all(self) -> None:
        self.assertEqual(self.send("finish").state, "done")

    def test_what_no_button_says_sends_nothing(self) -> None:
        self.assertEqual(self.send("later").message_count, 1)

    def test_an_answer_in_a_conversation_that_waits_leaves_it_there(self) -> None:
        conversation = self.received()
        wait(conversation, on="patient", by=self.karim, version=conversation.version)
        shown = self.as_claire.get(page("conversation", conversation.pk))

        self.as_claire.post(
            page("reply", conversation.pk), {**fields_of(shown), "body": "Et votre mutuelle ?"}
        )

        self.assertEqual(Conversation.objects.get().state, "patient")
