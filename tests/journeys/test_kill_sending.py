"""Sixty messages, sixty kills of the real worker at the twelve points of sending: lost 0, doubled 0.

On real servers; where they are missing, or the operator is the sandbox, it is two messages at each point.
"""

from __future__ import annotations

import tempfile
import unittest
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from django.test import override_settings

from portal.conversations.models import Conversation, Message
from portal.lib.failpoints import OUTBOUND
from portal.lib.ids import uuid7
from portal.mailboxes.actions import fetch_soon
from portal.outbound.actions import queue
from portal.outbound.drafts import new_draft, save_draft
from portal.outbound.models import Delivery, DeliveryEvent, DeliveryState
from portal.outbound.results import LEASE_OVER
from sandbox.people import DOCTOR, TRUSTED_DOMAINS
from tests.base import CommittingPharmacyTestCase
from tests.journeys.house import Deaths, running_house
from tests.journeys.patience import let_pass, ring, wait_for
from tests.journeys.stations import connect, copies
from tests.outbound.stage import trust
from tests.servers.peers import Peer, real_peer, real_peer_missing, sandbox_peer

# Between the fence and the commit of the result nobody can know: only there may a doubt come from.
WINDOW = frozenset({"outbound.after-fence", "outbound.after-dot", "outbound.after-250"})
BEFORE_THE_DOT = OUTBOUND[1 : OUTBOUND.index("outbound.after-fence")]
# The first point is reached before anything is chosen, and so again for the messages of every other point.
POINTS = OUTBOUND[1:] + OUTBOUND[:1]


@pytest.mark.journey
class KilledSenders:
    """What holds with every operator."""

    start: Callable[[], AbstractContextManager[Peer]]
    each: int

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(UNDO_SECONDS=0))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.peer: Peer = self.enterContext(self.start())
        trust(*TRUSTED_DOMAINS)
        self.mailbox = connect(self.peer)
        self.reads_nothing()
        self.house = self.enterContext(running_house(self.folder, only=["clock"]))

    def test_each_message_is_there_once_or_in_a_persons_hands(self) -> None:
        with self.house.mortal_worker(processes=self.each) as deaths:
            sent = {point: self.kill_senders_at(point, deaths) for point in POINTS}
        self.house.start_worker()
        let_pass(hours=len(POINTS))
        wait_for(lambda: not self.moving(), what="every message is sent or in doubt")

        there = copies(self.peer, DOCTOR)
        for point, messages in sent.items():
            with self.subTest(point=point):
                self.judge(messages, there, in_doubt=point in WINDOW)
        self.assertEqual(set(there.values()), {1})
        freed = DeliveryEvent.objects.filter(code=LEASE_OVER).values("delivery").distinct().count()
        self.assertEqual(freed, self.each * len(BEFORE_THE_DOT))
        self.evidence_settles_what_arrived(there)

    def kill_senders_at(self, point: str, deaths: Deaths) -> list[Message]:
        """Messages are queued, as many workers are killed while they send them; what came before is put off."""
        let_pass(hours=-1)
        deaths.at(point)
        before = deaths.count(point)
        messages = [self.letter(f"{point} {number}") for number in range(self.each)]

        def all_died() -> bool:
            ring("deliver")  # the broker would take five seconds to give a dead one's task to the next
            return deaths.count(point) - before >= self.each

        wait_for(all_died, what=f"{self.each} workers died at {point}")
        return messages

    def letter(self, text: str) -> Message:
        draft = new_draft(self.mailbox, by=self.claire)
        draft = save_draft(
            draft,
            by=self.claire,
            version=draft.version,
            recipients=[DOCTOR],
            subject="Renouvellement",
            text=text,
        )
        delivery = queue(draft, by=self.claire, idempotency_key=uuid7(), version=None)
        return Message.objects.get(deliveries=delivery)

    def judge(self, messages: list[Message], there: Counter[str], *, in_doubt: bool) -> None:
        for message in messages:
            delivery = Delivery.objects.get(message=message)
            found = there[f"<{message.headers['message_id']}>"]
            if in_doubt:
                self.assertEqual(delivery.state, DeliveryState.UNCERTAIN)
                self.assertTrue(Conversation.objects.get(messages=message).failed)
                self.assertLessEqual(found, 1)
            else:
                self.assertEqual((delivery.state, found), (DeliveryState.SENT, 1))

    def evidence_settles_what_arrived(self, there: Counter[str]) -> None:
        """The operator's report of success takes the doubt off those that did leave, and off no other."""
        fetch_soon(self.mailbox.pk)
        ring("fetch")
        uncertain = Delivery.objects.filter(state=DeliveryState.UNCERTAIN)
        before = uncertain.count()

        def arrived() -> bool:
            return any(there[f"<{one.message.headers['message_id']}>"] for one in uncertain.all())

        wait_for(lambda: not arrived(), what="no doubt about what arrived")
        self.assertLess(uncertain.count(), before)
        self.assertEqual(set(copies(self.peer, DOCTOR).values()), {1})

    def moving(self) -> bool:
        done = (DeliveryState.SENT, DeliveryState.UNCERTAIN)
        return Delivery.objects.exclude(state__in=done).exists()

    def reads_nothing(self) -> None:
        """No report is fetched meanwhile: a doubt that evidence settles at once could not be counted."""
        let_pass(hours=-10_000)


class OnTheSandbox(KilledSenders, CommittingPharmacyTestCase):
    start = partial(sandbox_peer)
    each = 2


@unittest.skipIf(real_peer_missing(), real_peer_missing())
class OnPostfix(KilledSenders, CommittingPharmacyTestCase):
    start = partial(real_peer, by_certificate=True)
    each = 5
