"""Charts as a page draws them: bars in SVG whose text stays HTML, so that it is read at any width and by any reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100  # of a column chart, in its own units: the page stretches it
GAP = 0.25  # of a column's width, left between two


@dataclass(frozen=True, slots=True)
class Rect:
    """One column of a series; `said` is its tooltip."""

    x: float
    y: float
    width: float
    height: float
    series: str
    said: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns side by side; `top` is the value at full height, `ticks` the words below the first, middle and last."""

    width: int
    rects: tuple[Rect, ...]
    top: int
    ticks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One horizontal bar: what, how many, and how long it is, in percent of the longest."""

    label: str
    value: int
    percent: float


def columns(labels: Sequence[str], series: dict[str, Sequence[int]]) -> Columns:
    """A group of columns for each label, one in it for each series (its name is a CSS class and a word)."""
    top = max((value for values in series.values() for value in values), default=0)
    width = (1 - GAP) / max(1, len(series))
    rects = []
    for number, (name, values) in enumerate(series.items()):
        for place, value in enumerate(values):
            height = HEIGHT * value / top if top else 0.0
            said = f"{labels[place]} : {value} {name}{'s' if value > 1 else ''}"
            x = place + GAP / 2 + number * width
            rects.append(
                Rect(round(x, 3), round(HEIGHT - height, 2), round(width, 3), round(height, 2), name, said)
            )
    middle = labels[len(labels) // 2]
    return Columns(len(labels), tuple(rects), top, (labels[0], middle, labels[-1]))


def lines(values: Sequence[tuple[str, int]]) -> tuple[Line, ...]:
    most = max((value for _, value in values), default=0)
    return tuple(Line(label, value, round(100 * value / most, 1) if most else 0.0) for label, value in values)
