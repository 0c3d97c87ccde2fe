"""A report or a mail that comes at the very moment at which its conversation is joined or split: two connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, transaction
from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.blocking import block
from portal.conversations.concern_models import Concern
from portal.conversations.counters import counts
from portal.conversations.models import Conversation, CounterKind, Message, MessageKind
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.mail.parsed import DeliveryReport, RecipientReport
from portal.outbound import receipts
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery
from portal.records.joining import join
from portal.records.splitting import split
from sandbox.people import DOCTOR
from tenants.context import inside, leave
from tenants.fences import OWNER
from tests.inbound.letters import letter
from tests.inbound.test_report_and_click import PATIENCE, WAITING
from tests.outbound.stage import OutboundTestCase


class AtTheSameMoment(OutboundTestCase):
    def meanwhile(self, act: Callable[[], Any], other: Callable[[], Any]) -> None:
        """`act` is not committed yet when `other` begins, in a thread and connection of its own, and waits for it."""

        def elsewhere() -> None:
            with inside(self.soleil):
                try:
                    other()
                finally:
                    leave()
                    connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                act()
                waiting = pool.submit(elsewhere)
                self.until_it_waits()
            waiting.result(PATIENCE)

    @staticmethod
    def until_it_waits() -> None:
        deadline = time.monotonic() + PATIENCE
        with connections[OWNER].cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute(WAITING)
                if cursor.fetchone() == (True,):
                    return
                time.sleep(0.01)
        raise AssertionError("nothing waits")

    def fresh(self, conversation: Conversation) -> Conversation:
        return Conversation.objects.get(pk=conversation.pk)

    def split(self, conversation: Conversation, message: Message) -> None:
        split(message, alone=True, by=self.karim, version=self.fresh(conversation).version)

    def join(self, other: Conversation, into: Conversation) -> None:
        gone, kept = self.fresh(other), self.fresh(into)
        versions = {"other_version": gone.version, "version": kept.version}
        join(gone, into=kept, by=self.karim, sure=True, **versions)

    def sent(self) -> tuple[Conversation, Delivery, Message]:
        """An answer that the operator took: its conversation, its delivery and itself."""
        conversation = self.received()
        delivery = self.send(self.reply(conversation))
        self.wait(seconds=10)
        deliver_due()
        return conversation, delivery, Message.objects.get(kind=MessageKind.SENT)

    def refused(self, delivery: Delivery) -> None:
        told = (RecipientReport(DOCTOR, "", "failed", "5.1.1", ""),)
        report = DeliveryReport("", str(delivery.pk), told, True)
        receipts.apply(report, mailbox=self.mailbox, at=timezone.now(), return_path="")

    def test_a_failure_that_is_reported_during_a_split_is_told_in_the_half_that_holds_the_message(
        self,
    ) -> None:
        conversation, delivery, answer = self.sent()

        self.meanwhile(lambda: self.split(conversation, answer), lambda: self.refused(delivery))

        new = Message.objects.get(pk=answer.pk).conversation
        self.assertNotEqual(new, conversation)
        self.assertEqual((new.failed, self.fresh(conversation).failed), (True, False))
        self.assertEqual(counts(self.claire.pk)[CounterKind.FAILED], 1)
        self.assertEqual(Concern.objects.get(user=self.claire).conversation, new)

    def test_a_report_finds_its_message_where_it_was_joined_to(self) -> None:
        conversation, delivery, _ = self.sent()
        other = self.received(subject="Autre chose")

        self.meanwhile(lambda: self.join(conversation, other), lambda: self.refused(delivery))

        self.assertTrue(self.fresh(other).failed)
        self.assertFalse(self.fresh(conversation).failed)
        self.assertTrue(Entry.objects.filter(event="receipt:failed", object_id=delivery.pk).exists())

    def test_a_mail_that_is_filed_meanwhile_goes_with_the_message_that_it_answers(self) -> None:
        conversation, _, answer = self.sent()
        parent = f"<{answer.headers['message_id']}>"
        keep(self.mailbox, letter(DOCTOR, subject="Re: Renouvellement", answers=parent))

        self.meanwhile(lambda: self.split(conversation, answer), process_stored)

        new = Message.objects.get(pk=answer.pk).conversation
        self.assertEqual((new.message_count, self.fresh(conversation).message_count), (2, 1))
        self.assertEqual(new.messages.filter(kind=MessageKind.RECEIVED).count(), 1)

    def test_a_mail_that_is_filed_while_its_sender_is_blocked_is_filed_apart(self) -> None:
        known = self.received(subject="Un")
        keep(self.mailbox, letter(DOCTOR, subject="Deux"))

        self.meanwhile(process_stored, lambda: block(known, reason="Publicité", by=self.claire))

        self.assertEqual(list(Conversation.objects.values_list("blocked", flat=True)), [True, True])
        self.assertEqual(counts(self.claire.pk)[CounterKind.OPEN], 0)

    def test_a_mail_that_is_filed_meanwhile_is_in_the_one_that_is_left(self) -> None:
        first, second = self.received(subject="Un"), self.received(subject="Deux")
        keep(self.mailbox, letter(DOCTOR, subject="Deux"))

        self.meanwhile(lambda: self.join(second, first), process_stored)

        self.assertEqual((self.fresh(first).message_count, self.fresh(second).message_count), (3, 0))
        self.assertEqual(counts(self.claire.pk)[CounterKind.OPEN], 1)
