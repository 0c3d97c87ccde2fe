"""Whatever the operator does, every message ends somewhere, once at most with each recipient, and shows it."""

from __future__ import annotations

import random
from collections import Counter

from portal.conversations.models import Conversation
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryEvent, DeliveryState, RecipientState
from portal.outbound.states import FINAL, MOVES
from sandbox.people import DOCTOR, SOLEIL
from tests.outbound.stage import CLOSED, COLLEAGUE, OutboundTestCase

PEOPLE = (DOCTOR, COLLEAGUE, CLOSED, SOLEIL.replace("soleil", "lune"))
DAYS = 8
GOOD = {RecipientState.ACCEPTED, RecipientState.DELIVERED}


class AnyOperator(OutboundTestCase):
    def test_every_queued_message_ends_in_a_final_state_or_with_a_person(self) -> None:
        for seed in range(DAYS):
            with self.subTest(seed=seed):
                self.a_day(random.Random(seed))

    def a_day(self, chance: random.Random) -> None:
        self.seen = len(self.operator.accepted)
        queued = [self.send(self.letter(*self.some(chance), text=str(chance.random()))) for _ in range(4)]
        for _ in range(14):
            self.misbehave(chance)
            self.wait(minutes=chance.choice((1, 10, 60, 150)))
            deliver_due()
        self.behave()
        self.wait(hours=25)
        deliver_due()

        copies = Counter(
            (one.message_id, to) for one in self.operator.accepted[self.seen :] for to in one.recipients
        )
        self.assertTrue(all(count == 1 for count in copies.values()), copies)
        for delivery in Delivery.objects.filter(pk__in=[one.pk for one in queued]):
            self.judge(delivery, copies)

    def judge(self, delivery: Delivery, copies: Counter[tuple[str, str]]) -> None:
        self.assertIn(delivery.state, FINAL | {DeliveryState.UNCERTAIN})
        conversation = Conversation.objects.get(messages=delivery.message_id)
        message_id = f"<{conversation.messages.get(pk=delivery.message_id).headers['message_id']}>"
        for recipient in delivery.recipients.all():
            there = copies[message_id, recipient.address]
            if recipient.state == RecipientState.UNCERTAIN:
                self.assertEqual(delivery.state, DeliveryState.UNCERTAIN)
            elif recipient.state != RecipientState.PENDING:
                self.assertEqual(there, 1 if recipient.state in GOOD else 0, recipient.state)
            self.assertTrue(recipient.state in GOOD or conversation.failed)
        for before, after in DeliveryEvent.objects.filter(delivery=delivery).values_list("before", "after"):
            self.assertTrue(not before or after in MOVES[before])

    def some(self, chance: random.Random) -> list[str]:
        return chance.sample(PEOPLE, chance.randint(1, len(PEOPLE)))

    def misbehave(self, chance: random.Random) -> None:
        self.behave()
        match chance.randrange(7):
            case 0:
                self.operator.faults.greylist = chance.randint(1, 6)
            case 1:
                self.operator.faults.refuse_data = 1
            case 2:
                self.operator.faults.drop_after_dot = 1
            case 3:
                self.operator.faults.drop_before_keeping = 1
            case 4:
                self.operator.faults.refuse_logins = True
            case 5:
                self.operator.set_down(True)

    def behave(self) -> None:
        faults = self.operator.faults
        faults.greylist = faults.refuse_data = faults.drop_after_dot = faults.drop_before_keeping = 0
        faults.refuse_logins = False
        if faults.down:
            self.operator.set_down(False)
