"""The table of moves, and the one function that makes them."""

from __future__ import annotations

from itertools import product

from portal.outbound.models import DeliveryEvent, DeliveryState
from portal.outbound.states import FINAL, MOVES, IllegalMove, transition
from tests.outbound.stage import OutboundTestCase

S = DeliveryState


class TheTable(OutboundTestCase):
    def test_every_state_is_in_the_table_and_every_way_ends(self) -> None:
        self.assertEqual(set(MOVES), set(S))
        for state in S:
            ends, seen = set(MOVES[state]) or {state}, {state}
            while more := {onward for end in ends for onward in MOVES[end]} - ends - seen:
                ends |= more
            self.assertTrue(ends & FINAL, state)

    def test_nothing_that_may_have_left_is_ever_queued_again(self) -> None:
        for state in (S.UNCERTAIN, S.SENT, S.FAILED, S.CANCELLED, S.RESENT):
            self.assertFalse(MOVES[state] & {S.QUEUED, S.CLAIMED, S.RETRY_WAIT, S.HANDOVER})
        self.assertNotIn(S.QUEUED, MOVES[S.HANDOVER])

    def test_only_a_claim_goes_to_the_dot(self) -> None:
        self.assertEqual([state for state in S if S.HANDOVER in MOVES[state]], [S.CLAIMED])

    def test_every_illegal_move_raises_and_writes_nothing(self) -> None:
        delivery = self.send(self.letter())
        events = DeliveryEvent.objects.count()
        for before, after in product(S, S):
            if after in MOVES[before]:
                continue
            delivery.state = before
            with self.subTest(before=before, after=after), self.assertRaises(IllegalMove):
                transition(delivery, after)
        self.assertEqual(DeliveryEvent.objects.count(), events)


class AMove(OutboundTestCase):
    def test_writes_the_event_with_the_state(self) -> None:
        delivery = self.send(self.letter())

        self.assertTrue(transition(delivery, S.CLAIMED, code="x", epoch=1))

        event = DeliveryEvent.objects.order_by("-pk").first()
        assert event is not None
        self.assertEqual((event.before, event.after, event.epoch, event.code), (S.QUEUED, S.CLAIMED, 1, "x"))

    def test_is_refused_to_whoever_saw_an_older_state_or_epoch(self) -> None:
        delivery = self.send(self.letter())
        early = type(delivery).objects.get(pk=delivery.pk)
        transition(delivery, S.CLAIMED, epoch=1)

        self.assertFalse(transition(early, S.CANCELLED))
        early.state = S.CLAIMED
        self.assertFalse(transition(early, S.HANDOVER))

        self.assertEqual(DeliveryEvent.objects.filter(delivery=delivery).count(), 2)
