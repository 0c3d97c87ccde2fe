"""Reports find their recipient, clear doubts, bring failures back, and are not believed when forged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from unittest import mock

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.models import Conversation, ConversationState
from portal.lib.ids import uuid7
from portal.mail.parse import parse
from portal.mail.parsed import DeliveryReport, ReadReport, RecipientReport
from portal.outbound import receipts
from portal.outbound.actions import Decision, resolve_uncertain
from portal.outbound.claims import Claim, claim_next
from portal.outbound.deliver import deliver_due, deliver_one
from portal.outbound.models import Delivery, DeliveryState
from sandbox.people import DOCTOR, SOLEIL
from tests.outbound.stage import CLOSED, COLLEAGUE, OutboundTestCase

S = DeliveryState
PATIENCE = 10.0


def dsn(
    *recipients: tuple[str, str, str], envelope_id: str = "", message_id: str = "", machine: bool = True
) -> DeliveryReport:
    """A report on (address, action, status)."""
    told = tuple(RecipientReport(address, "", action, status, "") for address, action, status in recipients)
    return DeliveryReport(message_id, envelope_id, told, machine)


def read(address: str, message_id: str, *, failed: bool = False) -> ReadReport:
    return ReadReport(message_id, address, "", "displayed", False, failed, "902" if failed else "", "")


class ReceiptTestCase(OutboundTestCase):
    def tell(self, report: DeliveryReport | ReadReport, *, return_path: str | None = "") -> bool:
        return receipts.apply(report, mailbox=self.mailbox, at=timezone.now(), return_path=return_path)

    def message_id(self, delivery: Delivery) -> str:
        return str(
            Conversation.objects.get(messages=delivery.message_id)
            .messages.get(pk=delivery.message_id)
            .headers["message_id"]
        )

    def in_doubt(self, *to: str) -> Delivery:
        self.operator.faults.drop_after_dot = 1
        delivery = self.send_now(*to)
        self.assertEqual(delivery.state, S.UNCERTAIN)
        return delivery

    def failed(self, delivery: Delivery) -> bool:
        return Conversation.objects.get(messages=delivery.message_id).failed


class FromTheOperator(ReceiptTestCase):
    def reports(self, count: int) -> Sequence[bool]:
        """Wait for the operator's reports, and take them in as inbound does."""
        deadline = time.monotonic() + PATIENCE
        while len(raws := self.operator.mailbox(SOLEIL)[self.mail :]) < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        mails = [parse(raw) for raw in raws]
        return [
            mail.report is not None and self.tell(mail.report, return_path=mail.return_path) for mail in mails
        ]

    def setUp(self) -> None:
        super().setUp()
        self.mail = len(self.operator.mailbox(SOLEIL))

    def test_delivered_and_refused_come_back_to_the_right_recipient(self) -> None:
        conversation = self.received()
        delivery = self.send(self.saved(self.reply(conversation), "Voici", to=[DOCTOR, CLOSED]))
        self.wait(seconds=10)
        deliver_due()
        Conversation.objects.update(state=ConversationState.DONE)

        self.assertEqual(list(self.reports(2)), [True, True])

        self.assertEqual(self.states(delivery), ["delivered", "failed"])
        self.assertEqual(delivery.recipients.get(position=1).code, "5.2.1")
        conversation.refresh_from_db()
        self.assertEqual((conversation.state, conversation.failed), (ConversationState.OPEN, True))
        self.assertEqual(Delivery.objects.get(pk=delivery.pk).state, S.SENT)

    def test_a_report_clears_the_doubt(self) -> None:
        delivery = self.in_doubt()
        self.assertTrue(self.failed(delivery))

        self.reports(1)

        delivery.refresh_from_db()
        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT, ["delivered"]))
        self.assertFalse(self.failed(delivery))


class Doubts(ReceiptTestCase):
    def test_each_recipient_needs_a_proof_of_its_own(self) -> None:
        delivery = self.in_doubt(DOCTOR, COLLEAGUE)

        self.assertTrue(self.tell(dsn((DOCTOR, "delivered", "2.0.0"), envelope_id=str(delivery.pk))))
        self.assertEqual(Delivery.objects.get().state, S.UNCERTAIN)
        self.assertTrue(self.tell(dsn((COLLEAGUE, "relayed", "2.0.0"), envelope_id=str(delivery.pk))))

        self.assertEqual(Delivery.objects.get().state, S.SENT)
        self.assertEqual(self.states(delivery), ["delivered", "accepted"])

    def test_a_refusal_proves_that_it_left_and_keeps_the_mark(self) -> None:
        delivery = self.in_doubt()

        self.tell(dsn((DOCTOR, "failed", "5.1.1"), envelope_id=str(delivery.pk)))

        self.assertEqual((Delivery.objects.get().state, self.states(delivery)), (S.SENT, ["failed"]))
        self.assertTrue(self.failed(delivery))

    def test_an_answer_proves_that_the_message_was_there(self) -> None:
        delivery = self.in_doubt()

        receipts.answered(
            [self.message_id(delivery)], sender=DOCTOR.upper(), mailbox=self.mailbox, at=timezone.now()
        )

        self.assertEqual((Delivery.objects.get().state, self.states(delivery)), (S.SENT, ["delivered"]))

    def test_an_answer_from_somebody_else_proves_nothing(self) -> None:
        delivery = self.in_doubt()

        receipts.answered(
            [self.message_id(delivery)], sender=COLLEAGUE, mailbox=self.mailbox, at=timezone.now()
        )

        self.assertEqual(Delivery.objects.get().state, S.UNCERTAIN)

    def test_a_report_that_comes_before_the_answer_of_the_server_stands(self) -> None:
        delivery = self.send(self.letter())
        self.wait(seconds=10)
        claim = claim_next()
        assert claim is not None
        real = Claim.hand_over

        def report_first(claim: Claim) -> bool:
            done = real(claim)
            self.tell(dsn((DOCTOR, "delivered", "2.0.0"), envelope_id=str(delivery.pk)))
            return done

        with mock.patch.object(Claim, "hand_over", report_first):
            deliver_one(claim)

        self.assertEqual((Delivery.objects.get().state, self.states(delivery)), (S.SENT, ["delivered"]))

    def test_a_report_in_time_saves_a_dead_workers_message_from_doubt(self) -> None:
        delivery = self.send(self.letter())
        self.wait(seconds=10)
        claim = claim_next()
        assert claim is not None
        claim.hand_over()
        self.tell(dsn((DOCTOR, "delivered", "2.0.0"), envelope_id=str(delivery.pk)))

        self.wait(seconds=901)
        deliver_due()

        self.assertEqual(Delivery.objects.get().state, S.SENT)
        self.assertFalse(self.failed(delivery))


class Belief(ReceiptTestCase):
    def test_a_stranger_who_knows_nothing_changes_nothing(self) -> None:
        delivery = self.send_now()
        for report in (
            dsn((DOCTOR, "failed", "5.1.1")),
            dsn((DOCTOR, "failed", "5.1.1"), envelope_id="0198c0de-0000-7000-8000-000000000000"),
            dsn((DOCTOR, "failed", "5.1.1"), envelope_id="' OR 1=1", message_id="x@y"),
            read(DOCTOR, "x@y"),
        ):
            with self.subTest(report=report):
                self.assertFalse(self.tell(report))
        self.assertEqual(self.states(delivery), ["accepted"])

    def test_who_knows_only_the_message_id_must_come_from_the_null_path(self) -> None:
        delivery = self.send_now()
        report = dsn((DOCTOR, "failed", "5.1.1"), message_id=self.message_id(delivery))

        for return_path in (None, COLLEAGUE):
            self.assertFalse(self.tell(report, return_path=return_path))
        self.assertEqual(self.states(delivery), ["accepted"])
        self.assertTrue(self.tell(report))
        self.assertEqual(self.states(delivery), ["failed"])

    def test_nobody_speaks_of_a_message_that_was_never_handed_over(self) -> None:
        """Two of its recipients may know each other; the operator has not seen it."""
        delivery = self.send(self.letter())
        for report in (
            dsn((DOCTOR, "delivered", "2.0.0"), message_id=self.message_id(delivery)),
            dsn((DOCTOR, "failed", "5.1.1"), message_id=self.message_id(delivery)),
            read(DOCTOR, self.message_id(delivery)),
        ):
            with self.subTest(report=report):
                self.assertFalse(self.tell(report))
                self.assertEqual(self.states(delivery), ["pending"])
        self.wait(seconds=10)

        self.assertEqual(self.after_work(delivery).state, S.SENT)
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_a_message_that_is_sent_again_may_have_arrived_the_first_time(self) -> None:
        first = self.in_doubt()
        again = resolve_uncertain(first, by=self.claire, decision=Decision.RESEND)

        self.assertTrue(self.tell(read(DOCTOR, self.message_id(first))))

        self.assertEqual(self.states(again), ["delivered"])

    def test_a_recipient_cannot_turn_anothers_failure_into_a_success(self) -> None:
        delivery = self.send_now(DOCTOR, SOLEIL.replace("soleil", "lune"))

        self.tell(
            dsn(
                (SOLEIL.replace("soleil", "lune"), "delivered", "2.0.0"), message_id=self.message_id(delivery)
            )
        )

        self.assertEqual(self.states(delivery), ["accepted", "failed"])

    def test_a_refusal_that_contradicts_a_delivery_is_shown_to_people(self) -> None:
        delivery = self.send_now()
        self.tell(dsn((DOCTOR, "delivered", "2.0.0"), message_id=self.message_id(delivery)))

        dealt_with = self.tell(dsn((DOCTOR, "failed", "5.2.2"), message_id=self.message_id(delivery)))

        self.assertFalse(dealt_with)
        self.assertEqual(self.states(delivery), ["delivered"])

    def test_another_mailboxs_report_is_not_about_this_one(self) -> None:
        delivery = self.send_now()
        other = type(self.mailbox).objects.get(pk=self.mailbox.pk)
        other.pk = uuid7()

        report = dsn((DOCTOR, "failed", "5.1.1"), envelope_id=str(delivery.pk))

        self.assertFalse(receipts.apply(report, mailbox=other, at=timezone.now(), return_path=""))

    def test_a_bounce_in_words_is_left_for_people_to_read(self) -> None:
        delivery = self.send_now()

        report = dsn((DOCTOR, "failed", "5.1.1"), message_id=self.message_id(delivery), machine=False)

        self.assertFalse(self.tell(report))
        self.assertEqual(self.states(delivery), ["accepted"])

    def test_a_report_on_an_address_that_was_not_written_to_is_left_for_people(self) -> None:
        delivery = self.send_now(DOCTOR, COLLEAGUE)

        self.assertFalse(
            self.tell(dsn(("autre@labo-test.mssante.fr", "failed", "5.1.1"), envelope_id=str(delivery.pk)))
        )

    def test_the_only_recipient_is_meant_even_under_the_name_it_was_forwarded_to(self) -> None:
        delivery = self.send_now()

        self.assertTrue(
            self.tell(dsn(("interne@hopital.example", "failed", "5.2.2"), envelope_id=str(delivery.pk)))
        )
        self.assertEqual(self.states(delivery), ["failed"])


class Details(ReceiptTestCase):
    def test_delayed_then_delivered_and_never_back(self) -> None:
        delivery = self.send_now()
        for action, expected in (
            ("delayed", "delayed"),
            ("delivered", "delivered"),
            ("delayed", "delivered"),
        ):
            self.assertTrue(self.tell(dsn((DOCTOR, action, "4.4.7"), envelope_id=str(delivery.pk))))
            self.assertEqual(self.states(delivery), [expected])

    def test_a_read_receipt_says_read_and_an_integration_error_is_shown(self) -> None:
        delivery = self.send_now()

        self.assertTrue(self.tell(read(DOCTOR, self.message_id(delivery))))
        recipient = delivery.recipients.get()
        self.assertEqual((recipient.state, recipient.code), ("delivered", "displayed"))
        self.assertFalse(self.tell(read(DOCTOR, self.message_id(delivery), failed=True)))

    def test_a_repeated_report_changes_nothing_and_writes_no_second_entry(self) -> None:
        delivery = self.send_now()
        report = dsn((DOCTOR, "delivered", "2.0.0"), envelope_id=str(delivery.pk))
        self.tell(report)
        entries = Entry.objects.count()

        self.assertTrue(self.tell(report))

        self.assertEqual(Entry.objects.count(), entries)

    def test_a_report_ends_the_retries_of_its_recipient(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now()
        self.tell(dsn((DOCTOR, "delivered", "2.0.0"), envelope_id=str(delivery.pk)))
        self.wait(minutes=1)

        self.assertEqual(self.after_work(delivery).state, S.SENT)
        self.assertEqual(self.arrived(), [])
