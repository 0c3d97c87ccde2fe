"""From the queue to the operator, with everything that an operator may answer."""

from __future__ import annotations

from email import message_from_bytes

from portal.audit.models import Entry
from portal.conversations.models import Conversation, ConversationState
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryState, Draft
from portal.outbound.reaper import next_due
from sandbox.people import DOCTOR, PATIENT, SOLEIL
from tests.outbound.stage import COLLEAGUE, OutboundTestCase, distrust

S = DeliveryState


class AGoodDay(OutboundTestCase):
    def test_a_reply_leaves_after_the_time_to_undo_and_not_before(self) -> None:
        delivery = self.send(self.reply(self.received()))

        self.assertEqual(self.after_work(delivery).state, S.QUEUED)
        self.assertEqual(self.arrived(), [])

        self.wait(seconds=8)
        self.assertEqual(self.after_work(delivery).state, S.SENT)
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_what_arrives_are_the_frozen_bytes(self) -> None:
        delivery = self.send_now()

        arrived = self.operator.mailbox(DOCTOR)[-1]
        self.assertTrue(arrived.endswith(delivery.read_blob()))
        self.assertEqual(self.operator.accepted[-1].envelope_id, str(delivery.pk))

    def test_the_message_carries_label_reference_and_thread(self) -> None:
        conversation = self.received(PATIENT, subject="Mon ordonnance")
        received = conversation.messages.get()
        delivery = self.send(self.reply(conversation))

        mail = message_from_bytes(delivery.read_blob())
        self.assertEqual(mail["From"], f'"Pharmacie du Soleil"\r\n <{SOLEIL}>')
        self.assertEqual(mail["X-MSS-NIL"], "DEV000000")
        self.assertEqual(mail["In-Reply-To"], f"<{received.headers['message_id']}>")
        self.assertEqual(mail["References"], f"<{received.headers['message_id']}>")
        self.assertEqual(mail["Subject"], "Re: Mon ordonnance")
        self.assertTrue(mail["Message-ID"].endswith(f"@{SOLEIL.partition('@')[2]}>"))

    def test_many_messages_leave_over_one_line(self) -> None:
        for number in range(5):
            self.send(self.letter(text=f"Message {number}"))
        self.wait(seconds=10)

        with self.assertNoLogs("portal.outbound", "WARNING"):
            deliver_due()

        self.assertEqual(self.arrived(), [DOCTOR] * 5)
        self.assertEqual(Delivery.objects.filter(state=S.SENT).count(), 5)

    def test_every_act_is_in_the_journal_and_the_draft_is_gone(self) -> None:
        delivery = self.send_now()

        events = Entry.objects.filter(object_id=delivery.pk).order_by("n").values_list("event", flat=True)
        self.assertEqual(list(events), ["message:send", "delivery:sent"])
        moves = delivery.events.order_by("pk").values_list("after", flat=True)
        self.assertEqual(list(moves), [S.QUEUED, S.CLAIMED, S.HANDOVER, S.SENT])
        self.assertFalse(Draft.objects.exists())

    def test_nothing_is_due_once_all_has_left(self) -> None:
        self.send_now()

        self.assertIsNone(next_due())


class EachRecipient(OutboundTestCase):
    def test_one_refused_recipient_does_not_hold_up_the_others(self) -> None:
        delivery = self.send_now(DOCTOR, SOLEIL.replace("soleil", "lune"), COLLEAGUE)

        self.assertEqual(delivery.state, S.SENT)
        self.assertEqual(self.states(delivery), ["accepted", "failed", "accepted"])
        self.assertEqual(delivery.recipients.get(position=1).code, "550 5.1.1")
        self.assertEqual(self.arrived(), [DOCTOR, COLLEAGUE])

    def test_a_refused_recipient_brings_a_done_conversation_back(self) -> None:
        self.operator.faults.refuse_recipients = [DOCTOR]
        self.addCleanup(setattr, self.operator.faults, "refuse_recipients", [])
        conversation = self.received()
        delivery = self.send(self.reply(conversation))
        Conversation.objects.filter(pk=conversation.pk).update(state=ConversationState.DONE)
        self.wait(seconds=10)

        self.assertEqual(self.after_work(delivery).state, S.FAILED)

        conversation.refresh_from_db()
        self.assertEqual((conversation.state, conversation.failed), (ConversationState.OPEN, True))

    def test_only_the_undecided_are_tried_again_with_the_same_bytes(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now(DOCTOR, COLLEAGUE)
        self.assertEqual((delivery.state, self.states(delivery)), (S.RETRY_WAIT, ["pending", "accepted"]))

        self.wait(minutes=1)
        delivery = self.after_work(delivery)

        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT, ["accepted", "accepted"]))
        self.assertEqual(self.arrived(), [COLLEAGUE, DOCTOR])
        first, second = self.operator.accepted[-2:]
        self.assertEqual(first.sha256, second.sha256)


class ABadDay(OutboundTestCase):
    def test_a_greylisted_message_leaves_a_minute_later(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now()
        self.assertEqual((delivery.state, delivery.last_code), (S.RETRY_WAIT, "451 4.7.1"))

        self.wait(seconds=30)
        self.assertEqual(self.after_work(delivery).state, S.RETRY_WAIT)
        self.wait(seconds=31)
        self.assertEqual(self.after_work(delivery).state, S.SENT)

    def test_a_refused_content_is_final_and_shown(self) -> None:
        self.operator.faults.refuse_data = 1

        delivery = self.send_now()

        self.assertEqual((delivery.state, self.states(delivery)), (S.FAILED, ["failed"]))
        self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)

    def test_a_lost_answer_to_the_dot_is_a_doubt_and_nothing_is_sent_again(self) -> None:
        self.operator.faults.drop_after_dot = 1

        delivery = self.send_now()
        self.assertEqual((delivery.state, self.states(delivery)), (S.UNCERTAIN, ["uncertain"]))
        self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)

        self.wait(hours=3)
        deliver_due()
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_an_operator_that_is_down_is_tried_again_and_the_other_mail_waits_with_it(self) -> None:
        self.operator.set_down(True)
        self.addCleanup(self.operator.set_down, False)
        first, second = self.send(self.letter(text="Un")), self.send(self.letter(text="Deux"))
        self.wait(seconds=10)

        first = self.after_work(first)
        self.assertEqual((first.state, first.last_code), (S.RETRY_WAIT, "refused"))
        self.assertEqual(self.after_work(second).state, S.QUEUED)
        self.mailbox.refresh_from_db()
        self.assertEqual(self.mailbox.send_fault, "refused")

        self.operator.set_down(False)
        self.wait(minutes=1)
        deliver_due()
        self.assertEqual(self.arrived(), [DOCTOR, DOCTOR])
        self.mailbox.refresh_from_db()
        self.assertEqual((self.mailbox.send_fault, self.mailbox.send_retry_at), ("", None))

    def test_a_refused_password_stops_the_mailbox_and_costs_no_message_an_attempt(self) -> None:
        self.operator.faults.refuse_logins = True
        self.addCleanup(setattr, self.operator.faults, "refuse_logins", False)
        first, second = self.send(self.letter(text="Un")), self.send(self.letter(text="Deux"))
        self.wait(seconds=10)

        for delivery in (self.after_work(first), self.after_work(second)):
            self.assertEqual((delivery.state, delivery.attempt), (S.QUEUED, 0))
        self.mailbox.refresh_from_db()
        self.assertEqual((self.mailbox.send_fault, self.mailbox.send_failures), ("login-refused", 1))

        self.operator.faults.refuse_logins = False
        self.wait(minutes=1)
        deliver_due()
        self.assertEqual(self.arrived(), [DOCTOR, DOCTOR])

    def test_after_a_day_it_is_given_up_and_shown_even_while_the_mailbox_is_stopped(self) -> None:
        self.operator.faults.refuse_logins = True
        self.addCleanup(setattr, self.operator.faults, "refuse_logins", False)
        delivery = self.send_now()
        type(self.mailbox).objects.update(send_retry_at="2099-01-01T00:00Z")
        self.assertIsNotNone(next_due())

        self.wait(hours=24)
        delivery = self.after_work(delivery)

        self.assertEqual((delivery.state, self.states(delivery)), (S.FAILED, ["failed"]))
        self.assertEqual(delivery.recipients.get().code, "expired")
        self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)
        self.assertEqual(self.arrived(), [])

    def test_yesterdays_queue_is_not_sent_by_a_worker_that_comes_back_today(self) -> None:
        delivery = self.send(self.letter())
        self.wait(hours=25)

        self.assertEqual(self.after_work(delivery).state, S.FAILED)
        self.assertEqual(self.arrived(), [])

    def test_patience_ends_with_the_day(self) -> None:
        self.operator.faults.greylist = 99
        self.addCleanup(setattr, self.operator.faults, "greylist", 0)
        delivery = self.send_now()
        tries = 1
        while delivery.state == S.RETRY_WAIT:
            self.wait(hours=4)
            delivery, tries = self.after_work(delivery), tries + 1

        self.assertEqual((delivery.state, delivery.attempt), (S.FAILED, tries))
        self.assertLess(tries, 12)

    def test_a_domain_that_left_the_trust_space_meanwhile_is_not_written_to(self) -> None:
        delivery = self.send(self.letter(DOCTOR, COLLEAGUE))
        distrust(COLLEAGUE.partition("@")[2])
        self.wait(seconds=10)

        delivery = self.after_work(delivery)
        self.assertEqual(self.states(delivery), ["accepted", "failed"])
        self.assertEqual(delivery.recipients.get(position=1).code, "not-mssante")
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_a_message_too_big_for_the_operator_fails_at_once(self) -> None:
        delivery = self.send(self.letter())
        delivery.put_blob(b"Subject: x\r\n\r\n" + b"x" * (31 * 1024 * 1024) + b"\r\n")
        delivery.save()
        self.wait(seconds=10)

        delivery = self.after_work(delivery)
        self.assertEqual((delivery.state, delivery.last_code), (S.FAILED, "too-big"))
