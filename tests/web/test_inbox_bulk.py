"""Tests of several conversations at once: what moved meanwhile is left out and named, one « Annuler » undoes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import assign, mark_failed
from portal.conversations.bulk import UNDO_FOR
from portal.conversations.bulk_models import Batch
from portal.conversations.counters import counts
from portal.conversations.label_models import Colour, Label
from portal.conversations.labels import create_label, put_label
from portal.conversations.models import Conversation, CounterKind
from portal.conversations.submissions import count_answer
from portal.mailboxes.models import MailboxKind
from portal.team.models import User
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, page


class Bulk(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversations = [self.received(subject=f"N° {number}") for number in range(3)]

    def ticks(self) -> list[str]:
        return [f"{each.pk}.{each.version}" for each in Conversation.objects.all()]

    def do(self, act: str, rows: list[str] | None = None, **posted: Any) -> Any:
        data = {"act": act, "row": self.ticks() if rows is None else rows, "vue": "a-traiter", **posted}
        return self.as_karim.htmx("post", page("bulk"), data)

    def undo(self) -> Any:
        return self.as_karim.htmx("post", page("bulk_undo", Batch.objects.latest("at").pk))

    def states(self) -> list[str]:
        return list(Conversation.objects.order_by("pk").values_list("state", flat=True))

    def open(self, user: User) -> int:
        return counts(user.pk)[CounterKind.OPEN]

    def test_what_is_ticked_is_ended_and_taken_back_at_once(self) -> None:
        shown = self.as_karim.get(page("inbox_view", "a-traiter"))
        for tick in self.ticks():
            self.assertContains(shown, f'name="row" value="{tick}"')

        done = self.do("finish")

        self.assertContains(done, "3 conversations terminées")
        self.assertEqual((self.states(), self.open(self.karim)), (["done"] * 3, 0))
        self.assertContains(self.undo(), "Annulé : 3 conversations comme avant")
        self.assertEqual((self.states(), self.open(self.karim)), (["open"] * 3, 3))
        self.assertContains(self.undo(), "trop tard")
        for event in (Event.CONVERSATION_FINISH, Event.CONVERSATION_UNDO):
            self.assertEqual(Entry.objects.filter(event=event, actor=self.karim.pk).count(), 3)

    def test_without_scripts_it_is_a_plain_form(self) -> None:
        data = {"act": "mine", "row": self.ticks(), "vue": "non-attribues"}
        answer = self.as_karim.post(page("bulk"), data, follow=True)

        self.assertContains(answer, "3 conversations attribuées")
        batch = Batch.objects.get()
        back = self.as_karim.post(page("bulk_undo", batch.pk), {"vue": "non-attribues"}, follow=True)
        self.assertContains(back, "comme avant")
        self.assertEqual(Conversation.objects.filter(assignees=[]).count(), 3)

    def test_what_changed_meanwhile_is_left_out_and_named(self) -> None:
        ticked = self.ticks()
        moved = self.conversations[0]
        assign(moved, to=self.claire, by=self.claire, version=moved.version)

        done = self.do("finish", ticked)

        self.assertContains(done, "2 conversations terminées")
        self.assertContains(done, "Claire a attribué la conversation")
        self.assertEqual(Conversation.objects.get(pk=moved.pk).assignees, [self.claire.pk])

    def test_what_moved_since_is_not_taken_back(self) -> None:
        self.do("mine")
        moved = Conversation.objects.get(pk=self.conversations[0].pk)
        assign(moved, to=self.claire, by=self.claire, version=moved.version)

        self.assertContains(self.undo(), "Annulé : 2 conversations comme avant")
        self.assertEqual(Conversation.objects.get(pk=moved.pk).assignees, [self.claire.pk])

    def test_what_waits_for_a_pharmacist_or_failed_is_not_ended_in_bulk(self) -> None:
        count_answer(self.conversations[0].pk, 1)
        mark_failed(self.conversations[1])

        done = self.do("finish")

        for words in ("1 conversation terminée", "une réponse attend un pharmacien", "un envoi a échoué"):
            self.assertContains(done, words)
        self.assertEqual(sorted(self.states()), ["done", "open", "open"])

    def test_they_are_given_to_one_who_is_chosen_and_told_until_it_is_undone(self) -> None:
        self.assertContains(self.do("assign"), "Attribuer 3 conversations")

        self.do("assign", person=self.claire.pk)

        self.assertEqual(Conversation.objects.filter(assignees=[self.claire.pk]).count(), 3)
        self.assertEqual(counts(self.claire.pk)[CounterKind.CONCERN], 3)
        self.undo()
        self.assertEqual(counts(self.claire.pk)[CounterKind.CONCERN], 0)

    def test_marked_unread_for_me_alone_and_read_again(self) -> None:
        first = self.conversations[0]
        self.as_karim.get(page("conversation", first.pk))
        self.as_claire.get(page("conversation", first.pk))
        row = f'class="row unread" id="row-{first.pk}"'
        todo = page("inbox_view", "a-traiter")

        self.do("unread", [f"{first.pk}.{first.version}"])

        self.assertContains(self.as_karim.get(todo), row)
        self.assertNotContains(self.as_claire.get(todo), row)
        self.undo()
        self.assertNotContains(self.as_karim.get(todo), row)

    def test_put_aside_together_each_comes_back_at_its_hour_or_with_an_answer(self) -> None:
        self.assertContains(self.do("later"), "Remettre à plus tard 3 conversations")
        passed = self.do("later", later="day", day="2020-01-01")
        self.assertContains(passed, "Cette heure est passée", status_code=422)
        self.assertEqual(self.states(), ["open"] * 3)

        done = self.do("later", later="day", day=(timezone.localdate() + timedelta(days=30)).isoformat())

        self.assertContains(done, "3 conversations remises à plus tard")
        self.assertEqual((self.states(), self.open(self.karim)), (["later"] * 3, 0))
        self.assertFalse(Conversation.objects.filter(snoozed_until=None).exists())
        self.assertContains(self.undo(), "Annulé : 3 conversations comme avant")
        self.assertEqual((self.states(), self.open(self.karim)), (["open"] * 3, 3))
        self.assertFalse(Conversation.objects.exclude(snoozed_until=None).exists())
        self.do("later", later="answer")
        self.receive(letter(subject="N° 1"))
        self.assertEqual(sorted(self.states()), ["later", "later", "open"])

    def test_labelled_together_and_the_labels_that_were_there_stay(self) -> None:
        urgent = create_label("Urgent", colour=Colour.RED, by=self.claire)
        put_label(self.conversations[0], urgent, by=self.claire)
        self.assertContains(self.do("label"), "Étiqueter 3 conversations")

        done = self.do("label", put=urgent.pk)

        self.assertContains(done, "2 conversations ont changé d’étiquette")
        self.assertContains(done, "rien à changer")
        self.assertEqual(Conversation.objects.labelled(urgent.pk).count(), 3)
        self.assertContains(self.undo(), "Annulé : 2 conversations comme avant")
        self.assertEqual(Conversation.objects.labelled(urgent.pk).get().pk, self.conversations[0].pk)
        self.do("label", take=urgent.pk)
        self.assertFalse(Conversation.objects.labelled(urgent.pk).exists())
        self.undo()
        self.assertEqual(Conversation.objects.labelled(urgent.pk).count(), 1)
        self.do("label", name="À commander", colour="blue")
        self.assertEqual(Conversation.objects.labelled(Label.objects.get(name="À commander").pk).count(), 3)
        self.assertContains(self.do("label", name=" "), "Écrivez le mot", status_code=422)

    def test_without_scripts_what_is_asked_is_a_page(self) -> None:
        for act, words in (
            ("later", "Remettre à plus tard"),
            ("label", "Étiqueter"),
            ("assign", "Attribuer"),
        ):
            asked = self.as_karim.post(page("bulk"), {"act": act, "row": self.ticks(), "vue": "a-moi"})
            self.assertContains(asked, f"<h1>{words} 3 conversations</h1>")

    def test_after_five_minutes_and_for_anybody_else_there_is_no_way_back(self) -> None:
        self.do("finish")
        batch = Batch.objects.get()
        for browser in (self.as_claire, self.hugo()):
            self.assertEqual(browser.post(page("bulk_undo", batch.pk)).status_code, 404)

        Batch.objects.update(at=timezone.now() - UNDO_FOR)

        self.assertContains(self.undo(), "trop tard")
        self.assertEqual(self.states(), ["done"] * 3)

    def test_of_a_colleagues_own_mailbox_nothing_is_touched_and_nothing_said(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        theirs = self.received("Dr Bernard <b@medecin-test.mssante.fr>", box=own)

        done = self.do("finish", [f"{theirs.pk}.{theirs.version}"])

        self.assertContains(done, "Rien n’a été changé")
        self.assertNotContains(done, "Bernard")
        self.assertEqual(Conversation.objects.get(pk=theirs.pk).state, "open")
        for nonsense in ({"act": "burn"}, {"act": "finish", "row": ["x"]}):
            self.assertEqual(self.as_karim.post(page("bulk"), nonsense).status_code, 404)
