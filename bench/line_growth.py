"""Line 5: whether taking a mail in costs more once there are many, and an answer more than a new one."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from bench.figures import Figure
from bench.hands import Hands
from bench.line_ingest import have_ready, take_in
from bench.mails import Letter, Writer
from bench.meter import Cost, Meter
from bench.seeding import seed
from bench.stage import Stage, enter
from portal.conversations.models import Conversation
from portal.mailboxes.models import Mailbox
from tenants.context import inside

_answers: list[Letter] = []


def measure(stage: Stage) -> Iterator[Figure]:
    """CPU of everything that works on a mail: seconds would say what else the machine does."""
    number, many = (150, 10_000) if stage.short else (400, 50_000)
    with Hands(stage.place.folder / "growth.log") as hands:
        _new_ones(stage, hands, number, 501)  # a fresh process learns the words and the statements first
        few = _stored(stage)
        before = _new_ones(stage, hands, number, 502)
        answers = _answered(stage, hands, number)
        hands.each(seed, [(*ids, many) for ids in stage.ids])
        after = _new_ones(stage, hands, number, 503)
    note = f"{after.cpu_ms:.1f} ms at {many:,} conversations, {before.cpu_ms:.1f} at {few:,}"
    yield Figure("5.growth", after.cpu_ms / before.cpu_ms, 1.0, note)
    yield Figure("5.answer", answers.cpu_ms / before.cpu_ms, 1.0, f"{answers.cpu_ms:.1f} ms an answer")


def write_pairs(pharmacy_id: UUID, mailbox_id: UUID, number: int, seed: int) -> None:
    """Have new mails ready in this process, and an answer to each for later."""
    enter(pharmacy_id)
    writer = Writer(Mailbox.objects.get(id=mailbox_id).address, seed)
    pairs = [writer.thread(2) for _ in range(number)]
    have_ready([first for first, _ in pairs])
    _answers[:] = [second for _, second in pairs]


def turn_to_answers() -> None:
    """From here on it is the answers that are taken in."""
    have_ready(_answers)


def _new_ones(stage: Stage, hands: Hands, number: int, seed: int) -> Cost:
    hands.each(write_pairs, [(*ids, number, seed) for ids in stage.ids])
    return _taken_in(stage, hands, number)


def _answered(stage: Stage, hands: Hands, number: int) -> Cost:
    hands.all(turn_to_answers)
    return _taken_in(stage, hands, number)


def _taken_in(stage: Stage, hands: Hands, number: int) -> Cost:
    with Meter(stage, hands, schemas="t\\_%") as meter:
        hands.each(take_in, stage.ids)
    return meter.cost(number * len(stage.ids))


def _stored(stage: Stage) -> int:
    with inside(stage.soleil.pharmacy):
        return Conversation.objects.count()
