"""A report that a message was read but not filed is shown as a message too, in a conversation where others work."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from unittest import mock

from django.db import OperationalError, connection, connections

from portal.audit.models import Entry
from portal.conversations import filing
from portal.conversations.models import Conversation, ConversationState, Message
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery
from portal.patients.identity import identify
from sandbox.people import DOCTOR, SOLEIL
from tenants.context import inside, leave
from tenants.fences import OWNER
from tests.browsing import signed_in
from tests.outbound.stage import OutboundTestCase
from tests.web.inbox_case import page

REPORT = """Return-Path: <>
From: {doctor}
To: {soleil}
Subject: Non lu
Message-ID: <mdn@medecin-test.mssante.fr>
In-Reply-To: {original}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Votre message n’a pas pu être rangé dans le dossier du patient.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {doctor}
Original-Message-ID: {original}
Disposition: automatic-action/MDN-sent-automatically; processed/Error: 902^Identifiant de patient inconnu

--b--
"""
WAITING = (
    "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE NOT l.granted AND a.datname = current_database())"
)
PATIENCE = 10.0


class AtTheSameMoment(OutboundTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        delivery = self.send(self.reply(self.conversation))
        self.wait(seconds=10)
        deliver_due()
        self.conversation.refresh_from_db()
        self.delivery = Delivery.objects.get(pk=delivery.pk)

    def report(self) -> RawMessage:
        original = Message.objects.get(pk=self.delivery.message_id).headers["message_id"]
        original = f"<{original.strip('<>')}>"
        text = REPORT.format(doctor=DOCTOR, soleil=SOLEIL, original=original)
        kept = keep(self.mailbox, text.replace("\n", "\r\n").encode())
        assert kept
        return kept

    def click(self) -> Any:
        """Claire finishes the conversation in her browser, in a thread and connection of its own."""
        address = page("finish", self.conversation.pk)
        with inside(self.soleil):
            try:
                return self.as_claire.post(address, {"version": self.conversation.version})
            finally:
                leave()
                connection.close()

    @staticmethod
    def until_it_waits(click: Future[Any]) -> None:
        """Until the click is through, or waits for a row that the report has written."""
        deadline = time.monotonic() + PATIENCE
        with connections[OWNER].cursor() as cursor:
            while not click.done() and time.monotonic() < deadline:
                cursor.execute(WAITING)
                if cursor.fetchone() == (True,):
                    return
                time.sleep(0.01)

    def test_neither_waits_for_the_other(self) -> None:
        raw = self.report()
        self.as_claire = signed_in(self.claire, self.soleil)
        clicks: list[Future[Any]] = []

        def meanwhile(*said: Any) -> Any:
            """The report was taken in, and is about to be filed: now she clicks."""
            clicks.append(pool.submit(self.click))
            self.until_it_waits(clicks[0])
            return identify(*said)

        with ThreadPoolExecutor(1) as pool, mock.patch("portal.inbound.process.identify", meanwhile):
            process_stored()

        self.assertEqual(clicks[0].result().status_code, 302)
        self.assertEqual(self.states(self.delivery), ["delivered"])
        self.assertEqual(Entry.objects.filter(event="receipt:read", object_id=self.delivery.pk).count(), 1)
        filed = RawMessage.objects.get(pk=raw.pk)
        self.assertEqual(filed.state, RawState.FILED)
        found = Conversation.objects.get(pk=self.conversation.pk)
        self.assertEqual(filed.message.conversation, found)
        self.assertEqual(found.state, ConversationState.OPEN)  # what came in after her click is to be read

    def test_an_outage_between_the_two_repeats_nothing(self) -> None:
        raw = self.report()

        with mock.patch.object(filing, "record", side_effect=OperationalError):
            self.assertRaises(OperationalError, process_stored)
        process_stored()

        self.assertEqual(RawMessage.objects.get(pk=raw.pk).state, RawState.FILED)
        self.assertEqual(self.states(self.delivery), ["delivered"])
        self.assertEqual(Entry.objects.filter(event="receipt:read").count(), 1)
