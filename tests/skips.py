"""What was skipped for lack of something on this machine, in one line; and whether that is allowed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

LACKING = re.compile(r"(.+) is not installed")
# Papers that may not be handed on: nobody can install them.
SAMPLES = "sample"
PIP = {"playwright": "requirements-browser.txt"}


def told(reasons: Iterable[str]) -> str:
    """One line about all skipped tests: how many, and what to install; empty when there were none."""
    counted = Counter(_reason(each) for each in reasons)
    packages = sorted({name for reason in counted for name in _packages(reason)})
    parts = [f"{count} × {reason}" for reason, count in counted.most_common()]
    line = f"{counted.total()} skipped: {', '.join(parts)}"
    return f"{line} (to run them: {_install(packages)})" if packages else line * bool(counted)


def refused(reasons: Iterable[str]) -> bool:
    """Whether a run in which nothing may be skipped (NOTHING_SKIPPED=1) fails by these."""
    return any(SAMPLES not in reason for reason in reasons)


def _reason(reason: str) -> str:
    return reason.removeprefix("Skipped: ")


def _packages(reason: str) -> list[str]:
    found = LACKING.fullmatch(reason)
    return found[1].split(", ") if found else []


def _install(packages: list[str]) -> str:
    system = [name for name in packages if name not in PIP]
    steps = [f"apt install {' '.join(system)}"] if system else []
    return ", ".join(steps + [f"pip install -r {PIP[name]}" for name in packages if name in PIP])
