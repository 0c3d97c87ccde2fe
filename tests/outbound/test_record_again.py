"""The operator has taken the message, and the database is away for a moment: the result is written all the same."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.db import InterfaceError, OperationalError, connection

from portal.mailboxes.models import Mailbox
from portal.outbound import results
from portal.outbound.claims import Claim
from portal.outbound.models import Delivery, DeliveryState
from sandbox.people import DOCTOR
from tests.outbound.stage import OutboundTestCase

S = DeliveryState


class DatabaseAway(OutboundTestCase):
    def test_a_connection_lost_while_the_operator_answered_leaves_no_doubt(self) -> None:
        real = Claim.hand_over

        def lose_the_connection(claim: Claim) -> bool:
            done = real(claim)
            with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            return done

        with self.pauses() as pauses, mock.patch.object(Claim, "hand_over", lose_the_connection):
            delivery = self.send_now()

        self.assertEqual((delivery.state, self.states(delivery)), (S.SENT, ["accepted"]))
        self.assertEqual(self.arrived(), [DOCTOR])
        self.assertEqual(len(pauses), 1)

    def test_the_third_try_may_be_the_good_one_and_the_journal_is_written_once(self) -> None:
        Mailbox.objects.update(send_fault="refused", send_failures=3)
        real = results.record_send_ok
        failures = iter([OperationalError("a"), InterfaceError("b")])

        def fail_twice(mailbox: Mailbox) -> None:
            real(mailbox)
            if error := next(failures, None):
                raise error

        with self.pauses() as pauses, mock.patch.object(results, "record_send_ok", fail_twice):
            delivery = self.send_now()

        self.assertEqual((delivery.state, len(pauses)), (S.SENT, 2))
        self.assertEqual(delivery.events.filter(after=S.SENT).count(), 1)
        self.mailbox.refresh_from_db()
        self.assertEqual((self.mailbox.send_fault, self.mailbox.send_failures), ("", 0))

    def test_a_database_that_stays_away_leaves_the_doubt_to_a_person(self) -> None:
        with self.pauses() as pauses, mock.patch.object(results, "hold", side_effect=OperationalError):
            delivery = self.send_now()
        self.assertEqual((delivery.state, len(pauses)), (S.HANDOVER, 2))

        self.wait(seconds=901)
        self.assertEqual(self.after_work(delivery).state, S.UNCERTAIN)
        self.assertEqual(Delivery.objects.count(), 1)

    @contextmanager
    def pauses(self) -> Iterator[list[float]]:
        """How long was waited, without waiting."""
        waited: list[float] = []
        with mock.patch("portal.outbound.results.time.sleep", waited.append):
            yield waited
