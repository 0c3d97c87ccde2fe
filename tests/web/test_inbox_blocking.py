"""Tests of blocked senders: what they write is kept apart and never lost, patients are not blocked, all comes back."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.blocked_models import BlockedSender
from portal.conversations.counters import counts
from portal.conversations.models import Conversation, CounterKind, Message
from portal.mailboxes.models import MailboxKind
from tests.inbound.letters import LEA, MARTIN, letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, page

ADS = f"Dr Martin <{MARTIN}>"


class Blocking(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(ADS, subject="Offre")

    def block(self, conversation: Conversation | None = None, reason: str = "Publicité") -> Any:
        return self.as_claire.post(page("block", (conversation or self.conversation).pk), {"reason": reason})

    def counted(self) -> tuple[int, int]:
        found = counts(self.claire.pk)
        return found[CounterKind.OPEN], found[CounterKind.UNOPENED]

    def listed(self, view: str) -> str:
        return str(self.as_claire.get(page("inbox_view", view)).content.decode())

    def test_what_a_blocked_sender_writes_is_kept_apart_and_not_counted(self) -> None:
        finished = self.received(ADS, subject="Ancienne offre")
        self.as_claire.post(page("finish", finished.pk), {"version": finished.version})
        self.block()
        self.receive(letter(ADS, "Offre"), letter(ADS, "Autre offre"))

        self.assertEqual(self.counted(), (0, 0))
        for view, there in (("a-traiter", False), ("termines", False), ("bloques", True)):
            for subject in ("Autre offre", "Ancienne offre"):
                self.assertEqual(subject in self.listed(view), there, (view, subject))
        self.assertContains(
            self.as_claire.get(page("inbox_view", "quarantaine")), page("inbox_view", "bloques")
        )
        found = self.as_claire.post(page("search"), {"q": "offre"}, follow=True)
        self.assertContains(found, "Bloqué")
        self.assertEqual(Message.objects.filter(kind="in").count(), 4)

    def test_unblocked_everything_is_where_it_would_have_been(self) -> None:
        finished = self.received(ADS, subject="Ancienne offre")
        self.as_claire.post(page("finish", finished.pk), {"version": finished.version})
        before = self.counted()
        self.block()
        self.receive(letter(ADS, "Autre offre"))
        self.assertContains(self.as_claire.get(page("block", finished.pk)), "Bloqué par Claire M.")

        self.as_claire.post(page("unblock", self.conversation.pk))

        self.assertEqual(self.counted(), (before[0] + 1, before[1] + 1))
        self.assertIn("Ancienne offre", self.listed("termines"))
        self.assertFalse(BlockedSender.objects.exists() or Conversation.objects.filter(blocked=True).exists())
        self.receive(letter(ADS, "Encore"))
        self.assertEqual(self.counted()[0], before[0] + 2)

    def test_who_writes_to_a_blocked_sender_finds_the_answer_to_be_treated(self) -> None:
        self.block()
        held = Conversation.objects.get(pk=self.conversation.pk)
        Conversation.objects.filter(pk=held.pk).update(last_sent_at=timezone.now())

        self.receive(letter(ADS, "Re: Offre"), letter(ADS, "Autre offre"))

        self.assertEqual(self.counted()[0], 1)
        self.assertEqual(Conversation.objects.get(blocked=False).pk, held.pk)

    def test_it_neither_comes_into_anothers_exchange_nor_swallows_what_another_writes(self) -> None:
        theirs = self.received("Dr Roux <roux@labo-test.mssante.fr>", subject="Votre patient", Cc=ADS)
        self.block()
        about = Message.objects.get(conversation=theirs).headers["message_id"]

        self.receive(letter(ADS, "Re: Votre patient", answers=f"<{about}>"))

        stray = Message.objects.filter(kind="in").latest("id").conversation
        self.assertEqual((stray.blocked, Conversation.objects.get(pk=theirs.pk).message_count), (True, 1))
        about = Message.objects.get(conversation=self.conversation, kind="in").headers["message_id"]
        self.receive(letter("Dr Roux <roux@labo-test.mssante.fr>", "Re: Offre", answers=f"<{about}>"))
        self.assertFalse(Message.objects.filter(kind="in").latest("id").conversation.blocked)

    def test_a_patient_is_never_blocked_and_a_preparateur_blocks_nobody(self) -> None:
        patient = self.received(subject="Mon sirop")
        self.assertEqual(self.block(patient).status_code, 404)
        self.assertNotContains(self.as_claire.get(page("conversation", patient.pk)), "Bloquer")
        self.assertContains(self.as_claire.get(page("conversation", self.conversation.pk)), "Bloquer")
        self.assertContains(self.block(reason=" "), "Dites pourquoi", status_code=422)
        self.assertEqual(self.as_karim.get(page("block", self.conversation.pk)).status_code, 404)
        self.assertEqual(self.hugo().get(page("block", self.conversation.pk)).status_code, 404)
        self.assertFalse(BlockedSender.objects.exists())
        self.block()
        self.receive(letter(f"Léa <{LEA}>", "Mon sirop"))
        self.assertEqual(self.counted()[0], 1)

    def test_blocked_in_a_mailbox_of_ones_own_it_is_nobody_elses_business(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        theirs = self.received(ADS, subject="Offre", box=own)
        self.block(theirs)

        self.receive(letter(ADS, "Autre offre"))

        self.assertEqual(list(Conversation.objects.filter(blocked=True)), [theirs])
        nadia = self.browser(self.nadia)
        self.assertNotContains(nadia.get(page("console_blocked")), MARTIN)
        sender = BlockedSender.objects.get()
        self.assertEqual(nadia.post(page("console_unblock", sender.pk)).status_code, 404)

    def test_the_responsible_person_has_the_list_with_reasons(self) -> None:
        self.block()
        nadia = self.browser(self.nadia)
        for words in (MARTIN, "Publicité", "Claire M."):
            self.assertContains(nadia.get(page("console_blocked")), words)
        self.assertEqual(self.as_claire.get(page("console_blocked")).status_code, 404)
        sender = BlockedSender.objects.get()

        nadia.post(page("console_unblock", sender.pk))

        self.assertEqual(self.counted()[0], 1)
        for event in (Event.SENDER_BLOCK, Event.SENDER_UNBLOCK):
            self.assertEqual(Entry.objects.get(event=event).object_id, sender.pk)
        self.assertNotIn(MARTIN, "".join(each.detail for each in Entry.objects.all()))
