"""Lines 1 to 4, 18, 19: what taking a mail in costs, from its bytes to a searchable, audited conversation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from bench import floors
from bench.figures import Figure
from bench.hands import Hands
from bench.mails import FILE_BYTES, PATIENT_COUNT, Letter, Writer, ins_of
from bench.meter import Cost, Meter
from bench.stage import Stage, enter
from bench.statements import statements_by_transaction
from portal.inbound.fetch import BATCH_COUNT, BATCH_SIZE
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.inbound.store import store
from portal.mail.imap import Fetched
from portal.mailboxes.models import Mailbox
from sandbox.people import PATIENTS
from tenants.context import inside

WARM_UP = 10

_waiting: list[Letter] = []
_seeds = count(1)
# Every process numbers in a range of its own.
_uids = count(1 + os.getpid() * 1_000_000)


def measure(stage: Stage) -> Iterator[Figure]:
    """Two processes, each for a pharmacy of its own, as two Celery workers would."""
    texts, files = (150, 30) if stage.short else (750, 100)
    with Hands(stage.place.folder / "ingest.log") as hands:
        for kind in ("texts", "files"):
            _take_in(stage, hands, WARM_UP, kind)
        yield from _texts(stage, hands, texts)
        yield from _counts(stage)
        yield from _files(stage, hands, files)


def _texts(stage: Stage, hands: Hands, number: int) -> Iterator[Figure]:
    floor, text = (_twice(measured, stage, hands, number) for measured in (_floor, _take_in))
    yield Figure("1", text.per_second, floor.per_second, f"{text.mails} mails of 4.7 KB; floor: raw SQL")
    yield Figure("2", text.cpu_ms, floor.cpu_ms, "workers, their confined children, PostgreSQL")
    yield Figure("18.text", text.stored / 1024, floor.stored / 1024, "what the second half added, vacuumed")
    yield Figure("19", text.logged, 0.0)


def _files(stage: Stage, hands: Hands, number: int) -> Iterator[Figure]:
    floor = _floor(stage, hands, number, FILE_BYTES)
    pdf = _take_in(stage, hands, number, "files")
    note = f"{pdf.cpu_ms:.0f} ms CPU each; floor: raw SQL and a flushed file"
    yield Figure("4", pdf.per_second, floor.per_second, note)
    yield Figure("18.pdf", pdf.stored / FILE_BYTES, 1.0)


def write_mails(pharmacy_id: UUID, mailbox_id: UUID, kind: str, number: int, seed: int) -> None:
    """Have mails ready in this process, before the clock runs."""
    enter(pharmacy_id)
    writer = Writer(Mailbox.objects.get(id=mailbox_id).address, seed)
    have_ready(writer.texts(number) if kind == "texts" else writer.files(number))


def have_ready(letters: Sequence[Letter]) -> None:
    """These are what `take_in` takes."""
    _waiting[:] = letters


def take_in(pharmacy_id: UUID, mailbox_id: UUID) -> None:
    """Store what is ready in the batches of a fetch, then file it all."""
    mailbox = Mailbox.objects.get(id=mailbox_id)
    keep(mailbox, _waiting)
    process_stored()
    if RawMessage.objects.exclude(state=RawState.FILED).exists():
        raise AssertionError("a mail was not filed")


def keep(mailbox: Mailbox, letters: Sequence[Letter]) -> None:
    """Commit these mails as a fetch does."""
    batch: list[Fetched] = []
    for letter in letters:
        batch.append(Fetched(next(_uids), datetime.now(UTC), len(letter.raw), letter.raw))
        if len(batch) == BATCH_COUNT or sum(each.size for each in batch) >= BATCH_SIZE:
            store(mailbox, batch, renumbered=False)
            batch = []
    if batch:
        store(mailbox, batch, renumbered=False)


def _take_in(stage: Stage, hands: Hands, number: int, kind: str = "texts") -> Cost:
    hands.each(write_mails, [(*ids, kind, number, next(_seeds)) for ids in stage.ids])
    with Meter(stage, hands, schemas="t\\_%") as meter:
        hands.each(take_in, stage.ids)
    return meter.cost(number * len(stage.ids))


def _floor(stage: Stage, hands: Hands, number: int, file_bytes: int = 0) -> Cost:
    with Meter(stage, hands, schemas="public") as meter:
        hands.each(floors.insert_mails, [(hand, number, file_bytes) for hand, _ in enumerate(stage.houses)])
    return meter.cost(number * len(stage.houses))


def _twice(measured: Callable[[Stage, Hands, int], Cost], stage: Stage, hands: Hands, number: int) -> Cost:
    """Speed over both halves; space over the second, which fills what the first one left free."""
    first, second = measured(stage, hands, number), measured(stage, hands, number)
    return first.with_later(second)


def _counts(stage: Stage) -> Iterator[Figure]:
    """The worst of: a patient's first mail, a next one, an answer, a professional's."""
    house = stage.soleil
    writer = Writer(house.mailbox.address, next(_seeds))
    stranger = f"Ana Costa <{ins_of(PATIENT_COUNT)}@{PATIENTS}>"
    with inside(house.pharmacy):
        keep(house.mailbox, writer.thread(3, sender=stranger) + writer.texts(12))
        transactions = statements_by_transaction(process_stored)
    filing = [len(each) for each in transactions if any("conversations_message" in sql for sql in each)]
    every = sum(map(len, transactions))
    note = f"BEGIN and COMMIT not counted; with reading the queue {every / len(filing):.1f} a mail"
    yield Figure("3", max(filing), floors.RAW_STATEMENTS, note)
