"""Line 29: how fast a day's directory is loaded, in how much memory, and how fast one finds in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

from bench.figures import Figure
from bench.stage import Stage
from portal.directory.models import Entry
from portal.directory.search import find_entries
from sandbox.directory import write
from scripts.embedded import CHECKOUT
from tenants.context import inside

ROWS, ROWS_SHORT = 535_000, 100_000
TURNS = 8
# As they are typed, letter after letter: names, trades, places, establishments, addresses, common words, no one.
TYPED = (
    *("martin", "sophie martin", "martin sophie nevers", "dr garnier cardio", "lefevre", "blanc", "roux"),
    *("medecin generaliste nevers", "infirmier", "chu dijon", "centre hospitalier", "pediatrie lyon"),
    *("rue pasteur", "helene.joly@med", "haddad", "kine varennes", "labo", "sage femme bourges"),
    *("saint martin", "zzyzx", "le gall", "medecin rue"),
)


def measure(stage: Stage) -> Iterator[Figure]:
    """Making the file is not part of any figure."""
    rows = ROWS_SHORT if stage.short else ROWS
    file = stage.place.folder / "annuaire.txt"
    write(file, rows)
    seconds, memory = _loaded(file)
    yield Figure("29.load", rows / seconds, None, f"{rows:,} rows in {seconds:.0f} s, indexes included")
    yield Figure("29.memory", memory, None, "of the loading process, at its most")
    with inside(stage.soleil.pharmacy):
        assert Entry.objects.exists()
        times = sorted(_times())
    cut = quantiles(times, n=20)
    yield Figure(
        "29.p95",
        cut[18],
        None,
        f"half {cut[9]:.0f} ms, the slowest {times[-1]:.0f} ms; {len(times)} searches",
    )


def _loaded(file: Path) -> tuple[float, float]:
    """Seconds and megabytes (resident, at its most) of the command, as the timer runs it."""
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "load_directory", str(file), "--verbosity", "0"]
    child = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "the directory was not loaded"
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def _times() -> Iterator[float]:
    """Milliseconds of each search, once it is warm."""
    beginnings = [
        typed[:end] for typed in TYPED for end in range(2, len(typed) + 1) if re.search(r"\w$", typed[:end])
    ]
    for typed in beginnings:
        find_entries(typed, postcode="58000")
    for _ in range(TURNS):
        for typed in beginnings:
            began = time.perf_counter()
            find_entries(typed, postcode="58000")
            yield (time.perf_counter() - began) * 1000
