"""Which module measures which lines, in the order in which they are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bench import (
    line_directory,
    line_fetch,
    line_form,
    line_growth,
    line_ingest,
    line_live,
    line_memory,
    line_opening,
    line_pages,
    line_previews,
    line_send,
)
from bench.environment import Place
from bench.figures import Figure
from bench.stage import Stage, set_up


class Part(NamedTuple):
    """Lines that are measured together."""

    lines: frozenset[str]
    measure: Callable[[Stage], Iterator[Figure]]


PARTS = (
    Part(frozenset({"1", "2", "3", "4", "18", "19"}), line_ingest.measure),
    Part(frozenset({"5"}), line_growth.measure),
    Part(frozenset({"15"}), line_send.measure),
    Part(frozenset({"16"}), line_fetch.measure),
    Part(frozenset({"6", "7", "8", "9", "10", "11", "12", "13", "14", "21"}), line_pages.measure),
    Part(frozenset({"28"}), line_form.measure),
    Part(frozenset({"29"}), line_directory.measure),
    Part(frozenset({"27"}), line_previews.measure),
    Part(frozenset({"17"}), line_memory.measure),
    Part(frozenset({"22"}), line_live.measure),
    Part(frozenset({"23"}), line_opening.measure),  # the last: it leaves many pharmacies behind
)


def measure(
    place: Place, wanted: Iterable[str], *, short: bool, conversations: int | None = None
) -> Iterator[Figure]:
    """Every figure of the wanted lines (all of them if none is named)."""
    stage = set_up(place, short=short, conversations=conversations)
    asked = {line.split(".")[0] for line in wanted}
    for part in PARTS:
        if not asked or part.lines & asked:
            yield from part.measure(stage)
