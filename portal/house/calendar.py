"""Whether the pharmacy is open at a moment: its week, less holidays and closures, and its gardes.

The one place that is asked: `calendar()` reads all of it, and answers as often as needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.house.holidays import holidays
from portal.house.hours import Stretch, stretches
from portal.house.models import HolidayRule, Period, PeriodKind
from portal.lib.nights import PARIS

A_DAY = timedelta(days=1)
# An opening is looked for in the coming fortnight, then in the year: a seasonal pharmacy may be closed for months.
NEAR, FAR = timedelta(days=15), timedelta(days=400)


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """From one moment to another, which is no part of it; both in UTC, for clocks change."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the pharmacy said of its hours. `known`: it said some."""

    week: Sequence[Stretch]
    closed: Sequence[Span] = ()
    gardes: Sequence[Span] = ()
    extra: Sequence[Span] = ()
    holidays_off: bool = True
    alsace_moselle: bool = False

    @property
    def known(self) -> bool:
        return bool(self.week or self.gardes or self.extra)

    def is_open(self, at: datetime) -> bool:
        return any(span.begins <= at for span in self.spans(at, at + timedelta(seconds=1)))

    def next_opening(self, after: datetime) -> datetime | None:
        """When the door next opens, always after `after`: if it is open then, once it was shut in between.

        None when that is more than a year away, or no hours are known.
        """
        for ahead in (NEAR, FAR):
            for span in self.spans(after, after + ahead):
                if span.begins > after:
                    return span.begins
        return None

    def opening_on(self, day: date) -> datetime | None:
        """When it first opens on this day of Paris, at midnight if it was open then; None when it does not."""
        return next((span.begins for span in self.openings_on(day)), None)

    def openings_on(self, day: date) -> list[Span]:
        """The spans of this day of Paris in which the door is open, in order; what goes over midnight is cut."""
        return self.spans(_moment(day, time()), _moment(day + A_DAY, time()))

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How much opening time lies between two moments; none when `end` is before `start`."""
        return sum((span.ends - span.begins for span in self.spans(start, end)), timedelta())

    def moment_after(self, start: datetime, opening: timedelta) -> datetime | None:
        """When so much opening time will have passed since `start`; None when that is more than a year away."""
        for ahead in (NEAR, FAR):
            left = opening
            for span in self.spans(start, start + ahead):
                if span.ends - span.begins >= left:
                    return span.begins + left
                left -= span.ends - span.begins
        return None

    def on_garde(self, at: datetime) -> Span | None:
        """The garde of this moment."""
        return next((span for span in self.gardes if span.begins <= at < span.ends), None)

    def holiday(self, day: date) -> str:
        """The name of the public holiday; empty on any other day."""
        return holidays(day.year, alsace_moselle=self.alsace_moselle).get(day, "")

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """When the door is open between two moments: in order, apart from each other, cut at both ends."""
        usual = _without(self._usual(start, end), self.closed)
        found: list[Span] = []
        for span in sorted([*usual, *self.gardes, *self.extra]):
            begins, ends = max(span.begins, start.astimezone(UTC)), min(span.ends, end.astimezone(UTC))
            if begins >= ends:
                continue
            if found and begins <= found[-1].ends:
                found[-1] = Span(found[-1].begins, max(found[-1].ends, ends))
            else:
                found.append(Span(begins, ends))
        return found

    def _usual(self, start: datetime, end: datetime) -> Iterator[Span]:
        day, last = start.astimezone(PARIS).date(), end.astimezone(PARIS).date()
        while day <= last:
            if not (self.holidays_off and self.holiday(day)):
                for each in self.week:
                    if each.weekday == day.weekday():
                        yield Span(_moment(day, each.opens), _moment(day, each.closes))
            day += A_DAY


def calendar() -> Calendar:
    """What is in force now: three short queries."""
    spans: dict[str, list[Span]] = {kind: [] for kind in PeriodKind.values}
    for kind, begins, ends in Period.objects.order_by("begins").values_list("kind", "begins", "ends"):
        spans[kind].append(Span(begins.astimezone(UTC), ends.astimezone(UTC)))
    rule = HolidayRule.objects.first() or HolidayRule()
    return Calendar(
        week=stretches(),
        closed=spans[PeriodKind.CLOSED],
        gardes=spans[PeriodKind.GARDE],
        extra=spans[PeriodKind.EXTRA],
        holidays_off=rule.closed,
        alsace_moselle=rule.alsace_moselle,
    )


def _without(spans: Iterable[Span], holes: Sequence[Span]) -> Iterator[Span]:
    """What is left of each once the holes are cut out of it."""
    for span in spans:
        left = [span]
        for hole in holes:
            left = [part for each in left for part in _cut(each, hole)]
        yield from left


def _cut(span: Span, hole: Span) -> Iterator[Span]:
    if hole.ends <= span.begins or span.ends <= hole.begins:
        yield span
        return
    if span.begins < hole.begins:
        yield Span(span.begins, hole.begins)
    if hole.ends < span.ends:
        yield Span(hole.ends, span.ends)


def _moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=PARIS).astimezone(UTC)
