"""Never two senders: leases, the compare-and-set before the dot, and what is done about the dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from unittest import mock

from django.db import connection, transaction

from portal.audit.models import Entry
from portal.conversations.models import Conversation
from portal.outbound.claims import Claim, claim_next
from portal.outbound.deliver import deliver_due, deliver_one
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.reaper import next_due, sweep
from portal.outbound.rows import hold
from sandbox.people import DOCTOR
from tenants.models import Pharmacy
from tests.outbound.stage import COLLEAGUE, OutboundTestCase

S = DeliveryState


class Leases(OutboundTestCase):
    def claimed(self) -> Claim:
        self.send(self.letter())
        self.wait(seconds=10)
        claim = claim_next()
        assert claim is not None
        return claim

    def test_a_claimed_delivery_is_nobody_elses(self) -> None:
        self.claimed()

        self.assertIsNone(claim_next())

    def test_a_worker_that_dies_before_the_dot_costs_two_minutes_and_nothing_else(self) -> None:
        claim = self.claimed()
        deliver_due()
        self.assertEqual(self.arrived(), [])

        self.wait(seconds=121)
        delivery = self.after_work(claim.delivery)

        self.assertEqual((delivery.state, delivery.epoch), (S.SENT, 2))
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_a_worker_that_dies_after_the_fence_leaves_a_doubt_for_a_person(self) -> None:
        claim = self.claimed()
        self.assertTrue(claim.hand_over())

        self.wait(seconds=899)
        self.assertEqual(self.after_work(claim.delivery).state, S.HANDOVER)
        self.wait(seconds=2)
        delivery = self.after_work(claim.delivery)

        self.assertEqual((delivery.state, self.states(delivery)), (S.UNCERTAIN, ["uncertain"]))
        self.assertTrue(Conversation.objects.get(messages=delivery.message_id).failed)
        self.assertEqual(self.arrived(), [])
        self.assertTrue(Entry.objects.filter(event="delivery:uncertain", object_id=delivery.pk).exists())

    def test_each_lease_sets_its_own_wake_up(self) -> None:
        claim = self.claimed()
        self.assertEqual(next_due(), Delivery.objects.get().lease_until)

        claim.hand_over()
        self.assertEqual(next_due(), Delivery.objects.get().lease_until)

    def test_a_slow_body_renews_its_lease(self) -> None:
        claim = self.claimed()
        self.wait(seconds=119)

        claim.renew()
        self.wait(seconds=119)
        sweep()

        self.assertEqual(Delivery.objects.get().state, S.CLAIMED)


class Zombies(OutboundTestCase):
    def test_a_worker_that_slept_past_its_lease_loses_the_fence_and_sends_nothing(self) -> None:
        delivery = self.send(self.letter())
        self.wait(seconds=10)
        slow = claim_next()
        assert slow is not None
        real = Claim.hand_over

        def sleep_before_the_dot(claim: Claim) -> bool:
            """Everything but the dot is at the server; the worker is stopped, another one takes over and sends."""
            if claim is slow:
                self.wait(seconds=121)
                self.in_another_worker(deliver_due)
            return real(claim)

        with mock.patch.object(Claim, "hand_over", sleep_before_the_dot):
            deliver_one(slow)

        self.assertEqual(self.arrived(), [DOCTOR])
        delivery.refresh_from_db()
        self.assertEqual((delivery.state, delivery.epoch), (S.SENT, 2))

    def test_an_answer_that_comes_after_the_lease_clears_the_doubt(self) -> None:
        delivery = self.send(self.letter())
        self.wait(seconds=10)
        claim = claim_next()
        assert claim is not None
        real = Claim.hand_over

        def be_given_up(claim: Claim) -> bool:
            done = real(claim)
            self.wait(seconds=901)
            self.in_another_worker(sweep)
            return done

        with mock.patch.object(Claim, "hand_over", be_given_up):
            deliver_one(claim)

        delivery.refresh_from_db()
        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT, ["accepted"]))
        self.assertFalse(Conversation.objects.get(messages=delivery.message_id).failed)
        self.assertEqual(self.arrived(), [DOCTOR])

    def in_another_worker(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=run_inside, args=(self.soleil, work))
        thread.start()
        thread.join(30)
        self.assertFalse(thread.is_alive())


class TwoWorkers(OutboundTestCase):
    def test_a_sweep_and_a_result_wait_for_each_other_in_one_order(self) -> None:
        """The sweep has the delivery; whoever wants it all meanwhile holds none of its recipients."""
        delivery = self.send(self.letter(DOCTOR, COLLEAGUE))
        got: list[int] = []
        other = threading.Thread(target=run_inside, args=(self.soleil, partial(self.take, delivery, got)))
        with transaction.atomic():
            Delivery.objects.select_for_update().defer("inline").get(pk=delivery.pk)
            other.start()
            self.until_it_waits()
            self.assertEqual(len(hold(delivery.pk).recipients), 2)
        other.join(30)
        self.assertEqual(got, [2])

    def take(self, delivery: Delivery, got: list[int]) -> None:
        with transaction.atomic():
            got.append(len(hold(delivery.pk).recipients))

    def until_it_waits(self) -> None:
        deadline = time.monotonic() + 10
        waiting = False
        while not waiting:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
                (waiting,) = cursor.fetchone()

    def test_a_hundred_messages_leave_once_each(self) -> None:
        for number in range(100):
            self.send(self.letter(f"cabinet.{number}@medecin-test.mssante.fr"))
        self.wait(seconds=10)

        workers = [threading.Thread(target=run_inside, args=(self.soleil, deliver_due)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)

        arrived = self.operator.accepted[self.seen :]
        self.assertEqual(len(arrived), 100)
        self.assertEqual(len({one.message_id for one in arrived}), 100)
        self.assertEqual(Delivery.objects.filter(state=S.SENT).count(), 100)


def run_inside(pharmacy: Pharmacy, work: Callable[[], None]) -> None:
    connection.set_tenant(pharmacy)
    try:
        work()
    finally:
        connection.close()
