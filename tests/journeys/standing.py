"""One house for the journeys that follow each other: starting its processes costs more than most of them do.

Between two journeys it comes to rest: nothing is due, nothing is on its way, so that the pharmacies can be emptied
under it. It is stopped before a test that does not live in it begins: its worker would take what that test has due.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections
from redis import Redis

from tenants.fences import OWNER
from tests.journeys.house import House, running_house

REST_SECONDS = 20
QUEUES = ("default", "inbound", "outbound")


@dataclass
class Standing:
    house: House
    options: dict[str, str]
    stack: ExitStack
    processes: int


_standing: Standing | None = None


@contextmanager
def standing_house(**options: str) -> Iterator[House]:
    """The house that stands, if it was started with these options; else a new one."""
    global _standing
    if _standing and _standing.options != options:
        stop()
    _standing = _standing or _start(options)
    house = _standing.house
    before = {path: path.stat().st_size for path in house.logs.glob("*.log")}
    try:
        yield house
    finally:
        for path in sorted(house.logs.glob("*.log")):  # pytest shows it when the test failed
            print(path.read_bytes()[before.get(path, 0) :].decode(errors="replace")[-20_000:])
        if not _came_to_rest(_standing):
            stop()


def stop() -> None:
    """End the house that stands, if one does."""
    global _standing
    standing, _standing = _standing, None
    if standing:
        standing.stack.close()


def stop_unless_it_follows(test: Any) -> None:
    """Let the house stand only for `test` (a class, or None at the end) that lives in it."""
    if _standing and getattr(test, "stands_with", None) != _standing.options:
        stop()


def _start(options: dict[str, str]) -> Standing:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="house-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        house = stack.enter_context(running_house(folder, **options))
        return Standing(house, dict(options), stack.pop_all(), len(house.group.running))


def _came_to_rest(standing: Standing) -> bool:
    """Whether every process is still there, and none has anything left to do."""
    group = standing.house.group
    if group.dead() or len(group.running) != standing.processes:
        return False
    broker = Redis.from_url(standing.house.env["BROKER_URL"])
    deadline = time.monotonic() + REST_SECONDS
    with connections[OWNER].cursor() as cursor, broker:
        while time.monotonic() < deadline:
            cursor.execute("DELETE FROM tenants_wakeup")
            if not cursor.rowcount and not broker.hlen("unacked") and not any(map(broker.llen, QUEUES)):
                return True
            time.sleep(0.05)
    return False
