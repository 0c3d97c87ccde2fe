"""Show the figures beside what was wanted, and keep them for comparison."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Better, Figure

OUT = Path(__file__).resolve().parent / "out" / "latest.json"
HEAD = ("line", "measure", "value", "floor", "must", "aim", "")
ROW = "{:<15}  {:<47}  {:>16}  {:>8}  {:>7}  {:>5}  {}"


def heading() -> str:
    """Which machine this is, and how busy it is with other work."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, CPython {platform.python_version()}, load before the start {load}\n\n"
        f"{ROW.format(*HEAD)}"
    )


def row(figure: Figure) -> str:
    """One line of the table."""
    goal = figure.goal
    sign = "≥" if goal.better == Better.HIGHER else "≤"
    floor = "" if figure.floor is None else _number(figure.floor)
    line = ROW.format(
        figure.id, goal.what, f"{_number(figure.value)} {goal.unit}", floor,
        f"{sign} {_number(goal.must)}", _number(goal.aim), _verdict(figure),
    )  # fmt: skip
    return f"{line}\n{'':<17}{figure.note}" if figure.note else line


def write(figures: Sequence[Figure]) -> None:
    """Into bench/out/latest.json, for whoever compares two runs."""
    rows = [
        {
            "id": figure.id,
            "value": round(figure.value, 3),
            "unit": figure.goal.unit,
            "floor": None if figure.floor is None else round(figure.floor, 3),
            "better": figure.goal.better.value,
        }
        for figure in figures
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def failures(figures: Sequence[Figure]) -> list[Figure]:
    """Counts above what they must be: the same on any machine, so nothing excuses them."""
    return [figure for figure in figures if figure.goal.counted and not figure.meets_must]


def _verdict(figure: Figure) -> str:
    if figure.meets_aim:
        return "ok, as aimed"
    return "ok" if figure.meets_must else "MISSED"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
