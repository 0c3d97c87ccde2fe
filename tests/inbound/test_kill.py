"""Tests that a worker killed anywhere in the inbound way loses no mail and doubles none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from django.db import connections

from portal.conversations.models import Conversation, Message
from portal.inbound.models import RawMessage, RawState
from portal.lib.failpoints import INBOUND
from sandbox.operator import running_operator
from sandbox.people import SOLEIL
from tests.base import CommittingPharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import box_at

CHECKOUT = Path(__file__).resolve().parents[2]
WORKER = """
import sys, django
from uuid import UUID
django.setup()
from django.db import connection
from tenants.models import Pharmacy
connection.set_tenant(Pharmacy.objects.get(schema_name=sys.argv[1]))
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.process import process_stored
fetch_mailbox(UUID(sys.argv[2]))
process_stored()
"""


def address_of(alias: str) -> str:
    """The URL of the test database for a process of its own."""
    parts = connections[alias].settings_dict
    return f"postgres://{parts['USER']}:{quote(str(parts['PASSWORD']))}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


class Killed(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.operator = self.enterContext(running_operator(folder))
        self.box = box_at(self.operator)

    def work(self, **environment: str) -> int:
        """A worker's turn in a process of its own; how it ended."""
        ended = subprocess.run(
            [sys.executable, "-c", WORKER, self.soleil.schema_name, str(self.box.id)],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "DATABASE_URL": address_of("default"),
                "DATABASE_OWNER_URL": address_of("owner"),
                "ROLE_PREFIX": connections["owner"].settings_dict["ROLE_PREFIX"],
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if ended.returncode > 0:
            self.fail(ended.stderr)
        return ended.returncode

    def test_every_mail_is_there_once_whatever_point_the_worker_died_at(self) -> None:
        for point in INBOUND:
            for number in range(3):
                self.operator.deliver(SOLEIL, letter(subject=f"{point} {number}"))

            self.assertEqual(self.work(FP=f"{point}:1"), -signal.SIGKILL, point)
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
