"""Line 15: the send worker against a sink that answers at once, each state and audit entry committed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from bench import floors
from bench.figures import Figure
from bench.hands import Hands
from bench.mails import Writer
from bench.meter import Cost, Meter
from bench.stage import House, Stage, enter
from portal.mailboxes.actions import Server, database_now
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from portal.outbound.again import enqueue
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryState
from sandbox.authority import Authority, KeyPair
from sandbox.people import DOCTOR, DOCTORS, OFFICINES
from tenants.context import inside
from tests.mailboxes.boxes import NOWHERE, open_box

ADDRESS = f"envoi@{OFFICINES}"
WARM_UP = 5


@dataclass(frozen=True)
class Sink:
    """The running sink: where, whom to trust, and what to show it."""

    port: int
    trust: str
    client: KeyPair


def measure(stage: Stage) -> Iterator[Figure]:
    """Two processes, each for a pharmacy of its own; the floor is smtplib on the same sink."""
    count = 200 if stage.short else 1_000
    with _running_sink() as sink, Hands(stage.place.folder / "send.log") as hands:
        boxes = [(house.pharmacy.id, _box(house, sink)) for house in stage.houses]
        raw = Writer(DOCTOR, seed=15).texts(1)[0].raw
        _send(stage, hands, boxes, raw, WARM_UP)
        floor = max(hands.each(floors.submit_mails, [(sink.port, sink.trust, raw, count)] * len(boxes)))
        cost = _send(stage, hands, boxes, raw, count)
    note = f"{cost.cpu_ms:.1f} ms CPU each, PostgreSQL included; floor: smtplib over a kept line"
    yield Figure("15", cost.per_second, count * len(boxes) / floor, note)


def queue_mails(pharmacy_id: UUID, mailbox_id: UUID, raw: bytes, count: int) -> None:
    """Put frozen bytes in the queue, due at once."""
    enter(pharmacy_id)
    mailbox = Mailbox.objects.get(id=mailbox_id)
    now = database_now()
    for number in range(count):
        enqueue(
            raw,
            mailbox=mailbox,
            message_id=None,
            addresses=[f"dr.{number}@{DOCTORS}"],
            author=None,
            idempotency_key=uuid4(),
            draft=None,
            at=now,
            leaves_at=now,
        )


def send() -> None:
    """Everything that is due in the pharmacy where this process stands."""
    deliver_due()
    if Delivery.objects.exclude(state=DeliveryState.SENT).exists():
        raise AssertionError("a mail was not sent")


def _send(stage: Stage, hands: Hands, boxes: list[tuple[UUID, UUID]], raw: bytes, count: int) -> Cost:
    hands.each(queue_mails, [(*box, raw, count) for box in boxes])
    with Meter(stage, hands, schemas="t\\_%") as meter:
        hands.all(send)
    return meter.cost(count * len(boxes))


def _box(house: House, sink: Sink) -> UUID:
    with inside(house.pharmacy):
        mailbox = open_box(
            ADDRESS,
            imap=NOWHERE,
            smtp=Server("localhost", sink.port),
            credentials=Credentials(
                certificate=sink.client.certificate.decode(), key=sink.client.key.decode()
            ),
            trust_pem=sink.trust,
        )
        found: UUID = mailbox.pk
        return found


@contextmanager
def _running_sink() -> Iterator[Sink]:
    with tempfile.TemporaryDirectory() as name:
        authority = Authority(Path(name) / "pki")
        certificate = Path(name) / "server.pem"
        certificate.write_bytes(authority.server().both)
        command = [sys.executable, "-m", "bench.sink", str(certificate)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            try:
                yield Sink(
                    int(process.stdout.readline()), authority.trust.decode(), authority.client(ADDRESS)
                )
            finally:
                process.terminate()
