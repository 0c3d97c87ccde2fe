"""Tests of the alarm clocks: what is due is fetched and filed, in its pharmacy alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

from django.db import connection

from portal.conversations.models import Conversation
from portal.inbound.models import RawMessage
from portal.inbound.tasks import fetch_mailboxes, process_stored
from portal.mailboxes.models import Mailbox
from sandbox.operator import running_operator
from sandbox.people import SOLEIL
from tenants.celery import HEADER
from tenants.context import inside, leave
from tests.base import CommittingPharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import box_at, open_box


class Tasks(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.operator = self.enterContext(running_operator(folder))
        self.operator.deliver(SOLEIL, letter())

    def run_task(self, task: object, **options: str) -> None:
        leave()
        task.apply(kwargs=options, headers={HEADER: str(self.soleil.id)}, throw=True)  # type: ignore[attr-defined]
        connection.set_tenant(self.soleil)

    def test_a_due_mailbox_is_fetched_and_its_mail_is_filed_at_once(self) -> None:
        box = box_at(self.operator)

        self.run_task(fetch_mailboxes)

        self.assertEqual(Conversation.objects.count(), 1)
        box.refresh_from_db()
        self.assertGreater(box.next_fetch_at, box.last_ok_at)
        with inside(self.gare):
            self.assertEqual(RawMessage.objects.count(), 0)

    def test_a_second_run_changes_nothing(self) -> None:
        box_at(self.operator)
        self.run_task(fetch_mailboxes)

        Mailbox.objects.update(next_fetch_at=Mailbox.objects.get().last_ok_at)
        self.run_task(fetch_mailboxes)
        self.run_task(process_stored)

        self.assertEqual(RawMessage.objects.count(), 1)
        self.assertEqual(Conversation.objects.get().message_count, 1)

    def test_each_further_mailbox_has_a_task_of_its_own(self) -> None:
        sick = open_box("une-autre@officine-test.mssante.fr")
        well = box_at(self.operator)

        with mock.patch.object(fetch_mailboxes, "delay") as published:
            self.run_task(fetch_mailboxes)
        published.assert_called_once_with(mailbox_id=str(well.id))
        self.run_task(fetch_mailboxes, mailbox_id=str(well.id))

        self.assertEqual(Conversation.objects.count(), 1)
        sick.refresh_from_db()
        self.assertEqual(sick.fetch_fault, "refused")
