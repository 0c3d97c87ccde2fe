"""Line 29: how fast a day's directory is loaded, in how much memory, and how fast one finds in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from bench.figures import Figure
from bench.stage import House, Stage
from bench.web import Visitor, member, running
from portal.audit.actions import OPERATOR
from portal.directory.search import find_entries
from portal.house.actions import set_details
from portal.lib.ids import uuid7
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
        set_details(address="12 rue des Tests, 58000 Nevers", phone="", by=OPERATOR)
        yield _figure("29.p95", _times(partial(find_entries, postcode="58000")))
    with running("portal.wsgi:application", stage.place.folder / "directory.log") as (_, port):
        yield _figure("29.answer", _times(partial(_ask, _composer(stage.soleil, port))))


def _figure(name: str, times: Iterator[float]) -> Figure:
    found = sorted(times)
    cut = quantiles(found, n=20)
    note = f"half {cut[9]:.0f} ms, the slowest {found[-1]:.0f} ms; {len(found)} searches"
    return Figure(name, cut[18], None, note)


def _composer(house: House, port: int) -> Visitor:
    """Somebody whose browser may post."""
    visitor, token = member(house, port), "b" * 32
    visitor.headers |= {
        "Cookie": f"{visitor.headers['Cookie']}; {settings.CSRF_COOKIE_NAME}={token}",
        "X-CSRFToken": token,
        "Referer": f"https://{house.host}/",
        "HX-Request": "true",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return visitor


def _ask(visitor: Visitor, typed: str) -> None:
    """As the composer does while one types."""
    visitor.post(reverse("directory", args=[uuid7()]), urlencode({"to": typed}))


def _loaded(file: Path) -> tuple[float, float]:
    """Seconds and megabytes (resident, at its most) of the command, as the timer runs it."""
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "load_directory", str(file), "--verbosity", "0"]
    child = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "the directory was not loaded"
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def _times(search: Callable[[str], object]) -> Iterator[float]:
    """Milliseconds of each search, once it is warm."""
    typed = [each[:end] for each in TYPED for end in range(2, len(each) + 1) if each[end - 1] != " "]
    for each in typed:
        search(each)
    for _ in range(TURNS):
        for each in typed:
            began = time.perf_counter()
            search(each)
            yield (time.perf_counter() - began) * 1000
