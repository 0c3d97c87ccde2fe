"""Kill the worker at each of the twelve points (security R1): nothing lost, nothing doubled, no silent doubt."""

from __future__ import annotations

from collections import Counter

from portal.conversations.models import Conversation
from portal.lib.failpoints import OUTBOUND
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.states import FINAL
from tests.chaos import KILLED, Workers
from tests.outbound.stage import OutboundTestCase

DELIVER = "portal.outbound.deliver:deliver_due"
# Between the fence and the commit of the result nobody can know: only there may a doubt come from.
WINDOW = frozenset({"outbound.after-fence", "outbound.after-dot", "outbound.after-250"})
MESSAGES = 3


class KilledWorkers(OutboundTestCase):
    def test_at_each_of_the_twelve_points(self) -> None:
        with Workers() as workers:
            for point in OUTBOUND:
                with self.subTest(point=point):
                    self.kill_at(point, workers)

    def kill_at(self, point: str, workers: Workers) -> None:
        sent = [self.send(self.letter(text=f"{point} {number}")) for number in range(MESSAGES)]
        self.wait(seconds=10)
        self.seen = len(self.operator.accepted)

        self.assertEqual(
            workers.run(DELIVER, self.soleil, fp=f"{point}:2" if point in SECOND else point), KILLED
        )
        for seconds in (0, 121, 901):
            self.wait(seconds=seconds)
            self.assertEqual(workers.run(DELIVER, self.soleil), 0)

        copies = Counter(one.message_id for one in self.operator.accepted[self.seen :])
        doubts = 0
        for delivery in Delivery.objects.filter(pk__in=[one.pk for one in sent]):
            doubts += delivery.state == DeliveryState.UNCERTAIN
            self.judge(delivery, copies)
        self.assertEqual(doubts, 1 if point in WINDOW else 0)
        self.assertTrue(all(count == 1 for count in copies.values()))

    def judge(self, delivery: Delivery, copies: Counter[str]) -> None:
        self.assertIn(delivery.state, FINAL | {DeliveryState.UNCERTAIN})
        conversation = Conversation.objects.get(messages=delivery.message_id)
        message = conversation.messages.get(pk=delivery.message_id)
        there = copies[f"<{message.headers['message_id']}>"]
        if delivery.state == DeliveryState.UNCERTAIN:
            self.assertTrue(conversation.failed)
            self.assertLessEqual(there, 1)
        else:
            self.assertEqual((delivery.state, there), (DeliveryState.SENT, 1))


# The first one has left by then, and the line it left on is kept.
SECOND = frozenset(OUTBOUND) - {"outbound.after-connect", "outbound.after-tls"}
