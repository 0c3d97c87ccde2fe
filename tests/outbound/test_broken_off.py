"""A message that breaks off before it is handed over, again and again: later and later, then told."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from portal.audit.models import Entry
from portal.conversations.models import Conversation
from portal.mailboxes.actions import database_now
from portal.outbound.claims import claim_next
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.reaper import next_due, sweep
from portal.vault.keys import NoPrivateKey
from sandbox.people import DOCTOR
from tests.outbound.stage import COLLEAGUE, OutboundTestCase

S = DeliveryState
MOST = 40


class BrokenOff(OutboundTestCase):
    def die(self) -> Delivery:
        """A worker claims what is due and is killed; another one finds it two minutes later."""
        self.assertIsNotNone(claim_next())
        self.wait(seconds=121)
        sweep()
        return Delivery.objects.get()

    def until_it_ends(self, delivery: Delivery) -> Delivery:
        for _ in range(MOST):
            due_at = next_due()
            if due_at is None:
                break
            self.wait(seconds=max((due_at - database_now()).total_seconds(), 0) + 1)
            delivery = self.after_work(delivery)
        return delivery

    def test_each_death_costs_more_time_than_the_one_before(self) -> None:
        self.send(self.letter())
        self.wait(seconds=10)

        pauses = []
        for attempt in (1, 2, 3):
            delivery = self.die()
            self.assertEqual((delivery.state, delivery.attempt), (S.QUEUED, attempt))
            pause = max(delivery.next_at - database_now(), timedelta())
            pauses.append(round(pause.total_seconds() / 60))
            self.wait(seconds=pause.total_seconds() + 1)

        self.assertEqual(pauses, [0, 1, 5])
        deliver_due()
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_what_can_never_be_tried_fails_and_comes_back_to_the_team(self) -> None:
        for error in (OSError("disk"), NoPrivateKey(), MemoryError()):
            with self.subTest(error=type(error)), mock.patch.object(Delivery, "read_blob", side_effect=error):
                delivery = self.send(self.letter(text=repr(error)))
                self.wait(seconds=10)
                delivery = self.until_it_ends(self.after_work(delivery))

                self.assertEqual((delivery.state, delivery.last_code), (S.FAILED, "broken-off"))
                self.assertEqual((delivery.attempt, delivery.recipients.get().code), (10, "broken-off"))
                self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)
                self.assertTrue(Entry.objects.filter(event="delivery:failed", object_id=delivery.pk).exists())
        self.assertEqual(self.arrived(), [])

    def test_whom_an_earlier_try_reached_keeps_the_message(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now(DOCTOR, COLLEAGUE)
        self.assertEqual(self.states(delivery), ["pending", "accepted"])

        with mock.patch.object(Delivery, "read_blob", side_effect=OSError):
            delivery = self.until_it_ends(delivery)

        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT, ["failed", "accepted"]))
        self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)

    def test_what_mends_itself_leaves(self) -> None:
        with mock.patch.object(Delivery, "read_blob", side_effect=OSError):
            delivery = self.send_now()
            for minutes in (3, 10):
                self.wait(minutes=minutes)
                delivery = self.after_work(delivery)
        self.wait(minutes=10)

        self.assertEqual(self.after_work(delivery).state, S.SENT)
