"""Opening hours as they are said: « Lundi au vendredi : 8 h 30 – 12 h 30, 14 h – 19 h 30 »."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import groupby

from portal.house.models import OpeningHours, Weekday

NBSP = "\N{NO-BREAK SPACE}"
CLOSED = "fermé"


@dataclass(frozen=True, order=True, slots=True)
class Stretch:
    """One stretch of a day in which the door is open."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class HoursLine:
    """Days that have the same hours, and these hours."""

    days: str
    hours: str


def stretches() -> list[Stretch]:
    """All of them, in the order of the week."""
    rows = OpeningHours.objects.order_by("weekday", "opens").values_list("weekday", "opens", "closes")
    return [Stretch(*row) for row in rows]


def lines(found: Iterable[Stretch]) -> tuple[HoursLine, ...]:
    """A line for each run of days with the same hours; none when nothing is known."""
    known = list(found)
    if not known:
        return ()
    days = [(day, _said([each for each in known if each.weekday == day])) for day in range(7)]
    runs = ((hours, [day for day, _ in run]) for hours, run in groupby(days, key=lambda pair: pair[1]))
    return tuple(HoursLine(_run(run), hours) for hours, run in runs)


def _said(day: Sequence[Stretch]) -> str:
    return ", ".join(f"{spoken(each.opens)}{NBSP}– {spoken(each.closes)}" for each in day) or CLOSED


def spoken(at: time) -> str:
    """« 8 h », « 8 h 30 »."""
    return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute:02}" if at.minute else "")


def _run(days: list[int]) -> str:
    first, last = Weekday(days[0]).label, Weekday(days[-1]).label
    match len(days):
        case 1:
            return str(first).capitalize()
        case 2:
            return f"{first} et {last}".capitalize()
    return f"{first} au {last}".capitalize()
