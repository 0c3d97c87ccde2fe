"""Sixty mails, and a kill of the real worker at the eight points of fetching: each is here once, to the byte."""

from __future__ import annotations

import tempfile
import unittest
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from portal.conversations.models import Message
from portal.inbound.models import RawMessage, RawState
from portal.lib.failpoints import INBOUND
from portal.mailboxes.actions import fetch_soon
from sandbox.people import DOCTOR, SOLEIL
from tests.base import CommittingPharmacyTestCase
from tests.inbound.letters import letter
from tests.journeys.house import Deaths, running_house
from tests.journeys.patience import ring, wait_for
from tests.journeys.stations import connect, flags, held, write
from tests.servers.peers import Peer, real_peer, real_peer_missing, sandbox_peer

MAILS = 60
TWICE = "<le-meme@medecin-test.mssante.fr>"


@pytest.mark.journey
class KilledFetchers:
    """What holds with every operator."""

    start: Callable[[], AbstractContextManager[Peer]]

    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.peer = self.enterContext(self.start())
        self.mailbox = connect(self.peer)
        self.house = self.enterContext(running_house(folder, only=["clock"]))

    def test_each_mail_is_here_once_and_untouched_at_the_operator(self) -> None:
        letters = [self.letter_of_doctor(number) for number in range(MAILS)]
        with self.house.mortal_worker(processes=2) as deaths:
            for number, point in enumerate(INBOUND):
                for raw in letters[number :: len(INBOUND)]:
                    write(self.peer, raw, sender=DOCTOR)
                self.kill_a_fetcher_at(point, deaths)
        self.house.start_worker()
        wait_for(self.everything_is_filed, what="sixty mails are filed")

        there = held(self.peer, SOLEIL)
        self.assertEqual(digests(there), digests(raw.read_blob() for raw in RawMessage.objects.all()))
        self.assertEqual(len(there), MAILS)
        self.assertTrue(all(any(raw in found for found in there) for raw in letters))
        self.assertEqual(flags(self.peer, SOLEIL), set())
        same = [one for one in Message.objects.all() if f"<{one.headers['message_id']}>" == TWICE]
        self.assertEqual({one.text.strip() for one in same}, {"Lettre 3", "Lettre 44"})

    def letter_of_doctor(self, number: int) -> bytes:
        """Two of them, quite different, claim the same Message-ID."""
        name = TWICE if number in (3, 44) else f"<kill-{number}@medecin-test.mssante.fr>"
        text, subject = f"Lettre {number}\n", f"Sujet {number}"
        return letter(f"Dr Petit <{DOCTOR}>", subject, text, message_id=name)

    def kill_a_fetcher_at(self, point: str, deaths: Deaths) -> None:
        before = deaths.count(point)
        deaths.at(point)

        def one_died() -> bool:
            fetch_soon(self.mailbox.pk)
            ring("process")
            return deaths.count(point) > before

        wait_for(one_died, what=f"a worker died at {point}")

    def everything_is_filed(self) -> bool:
        fetch_soon(self.mailbox.pk)
        ring("process")
        return RawMessage.objects.filter(state=RawState.FILED).count() >= MAILS == Message.objects.count()


class OnTheSandbox(KilledFetchers, CommittingPharmacyTestCase):
    start = partial(sandbox_peer)


@unittest.skipIf(real_peer_missing(), real_peer_missing())
class OnDovecot(KilledFetchers, CommittingPharmacyTestCase):
    start = partial(real_peer, by_certificate=True)


def digests(mails: Iterable[bytes]) -> Counter[str]:
    return Counter(sha256(raw).hexdigest() for raw in mails)
