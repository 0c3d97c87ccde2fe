"""Tests that a worker killed anywhere in the inbound way loses no mail and doubles none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from portal.conversations.models import Conversation, Message
from portal.inbound.models import RawMessage, RawState
from portal.lib.failpoints import INBOUND
from sandbox.operator import running_operator
from sandbox.people import SOLEIL
from tests.base import CommittingPharmacyTestCase
from tests.chaos import KILLED, Workers
from tests.inbound.letters import letter
from tests.mailboxes.boxes import box_at

TURN = "tests.inbound.turn:turn"


class Killed(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.operator = self.enterContext(running_operator(folder))
        box_at(self.operator)
        self.workers = self.enterContext(Workers())

    def work(self, fp: str = "") -> int:
        """A worker's turn in a process of its own; how it ended."""
        return self.workers.run(TURN, self.soleil, fp=fp)

    def test_every_mail_is_there_once_whatever_point_the_worker_died_at(self) -> None:
        for point in INBOUND:
            for number in range(3):
                self.operator.deliver(SOLEIL, letter(subject=f"{point} {number}"))

            self.assertEqual(self.work(f"{point}:1"), KILLED, point)
        self.assertEqual(self.work(), 0)

        held = sorted(raw.read_blob() for raw in RawMessage.objects.all())
        self.assertEqual(held, sorted(self.operator.mailbox(SOLEIL)))
        self.assertEqual(RawMessage.objects.exclude(state=RawState.FILED).count(), 0)
        self.assertEqual(Message.objects.count(), len(held))
        subjects = sorted(conversation.subject for conversation in Conversation.objects.all())
        self.assertEqual(subjects, sorted(f"{point} {number}" for point in INBOUND for number in range(3)))

    def test_a_mail_at_which_the_worker_dies_again_and_again_is_set_aside_and_the_others_are_filed(
        self,
    ) -> None:
        for number in range(3):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        self.work()
        RawMessage.objects.update(state=RawState.STORED)
        first = RawMessage.objects.order_by("uid")[0]
        RawMessage.objects.filter(pk=first.pk).update(attempts=5)

        self.work()

        states = list(RawMessage.objects.order_by("uid").values_list("state", "reason"))
        self.assertEqual(states, [("quarantined", "crashed"), ("filed", ""), ("filed", "")])
