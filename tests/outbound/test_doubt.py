"""A person settles what no machine may: sent after all, send again, or leave it."""

from __future__ import annotations

from portal.audit.models import Entry
from portal.conversations.models import Conversation
from portal.outbound.actions import AlreadySettled, Decision, resolve_uncertain
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryState
from sandbox.people import DOCTOR
from tests.outbound.stage import COLLEAGUE, OutboundTestCase

S = DeliveryState


class Deciding(OutboundTestCase):
    def in_doubt(self, *to: str, left: bool = True) -> Delivery:
        setattr(self.operator.faults, "drop_after_dot" if left else "drop_before_keeping", 1)
        delivery = self.send_now(*to)
        self.assertEqual(delivery.state, S.UNCERTAIN)
        return delivery

    def settle(self, delivery: Delivery, decision: Decision) -> Delivery:
        return resolve_uncertain(delivery, by=self.claire, decision=decision)

    def failed(self, delivery: Delivery) -> bool:
        return Conversation.objects.get(messages=delivery.message_id).failed

    def test_confirmed_it_counts_as_sent_and_asks_no_more(self) -> None:
        delivery = self.settle(self.in_doubt(), Decision.SENT_CONFIRMED)

        delivery.refresh_from_db()
        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT_CONFIRMED, ["accepted"]))
        self.assertFalse(self.failed(delivery))
        deliver_due()
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_sent_again_the_same_bytes_leave_with_the_same_message_id(self) -> None:
        first = self.in_doubt(left=False)
        self.assertEqual(self.arrived(), [])

        again = self.settle(first, Decision.RESEND)
        again = self.after_work(again)

        first.refresh_from_db()
        self.assertEqual((first.state, again.state), (S.RESENT, S.SENT))
        self.assertEqual(first.read_blob(), again.read_blob())
        self.assertEqual(again.message_id, first.message_id)
        self.assertEqual(self.arrived(), [DOCTOR])
        self.assertEqual(self.operator.accepted[-1].envelope_id, str(again.pk))
        self.assertFalse(self.failed(again))

    def test_what_is_for_a_tracking_page_asks_no_server_the_second_time_either(self) -> None:
        first = self.in_doubt(left=False)
        Delivery.objects.filter(pk=first.pk).update(to_page=True)

        again = self.settle(first, Decision.RESEND)

        self.assertTrue(again.to_page)

    def test_abandoned_it_is_left_at_that(self) -> None:
        delivery = self.settle(self.in_doubt(), Decision.ABANDONED)

        self.assertEqual((delivery.state, self.states(delivery)), (S.ABANDONED, ["uncertain"]))
        self.assertFalse(self.failed(delivery))

    def test_two_colleagues_decide_once(self) -> None:
        delivery = self.in_doubt(left=False)
        self.settle(delivery, Decision.RESEND)

        for decision in Decision:
            with self.assertRaises(AlreadySettled):
                self.settle(delivery, decision)
        self.assertEqual(Delivery.objects.count(), 2)

    def test_whom_the_operator_refused_for_now_is_written_to_after_all(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.in_doubt(DOCTOR, COLLEAGUE)
        self.assertEqual(self.states(delivery), ["pending", "uncertain"])

        again = self.settle(delivery, Decision.SENT_CONFIRMED)
        self.assertEqual(self.after_work(again).state, S.SENT)

        self.assertEqual(self.arrived(), [COLLEAGUE, DOCTOR])

    def test_one_doubt_settled_leaves_the_mark_of_the_other(self) -> None:
        conversation = self.received()
        self.operator.faults.drop_after_dot = 2
        for text in ("Un", "Deux"):
            self.send(self.reply(conversation, text))
            self.wait(seconds=10)
            deliver_due()
        one, other = Delivery.objects.filter(state=S.UNCERTAIN)

        self.settle(one, Decision.SENT_CONFIRMED)
        self.assertTrue(self.failed(one))
        self.settle(other, Decision.ABANDONED)
        self.assertFalse(self.failed(other))

    def test_the_journal_names_who_decided(self) -> None:
        delivery = self.in_doubt()
        self.settle(delivery, Decision.ABANDONED)

        last = Entry.objects.filter(object_id=delivery.pk).order_by("-n").first()
        assert last is not None
        self.assertEqual((last.event, last.actor), ("delivery:abandon", self.claire.pk))
