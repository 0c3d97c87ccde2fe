"""What processes have used, read from /proc: CPU seconds of a tree, proportional memory."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process: its parent, and the CPU seconds of itself and of the children it has buried."""

    pid: int
    parent: int
    seconds: float


def cpu_seconds(*roots: int) -> float:
    """What these processes and all their descendants have used so far, the ended ones included."""
    return sum(process.seconds for process in tree(roots))


def memory(*roots: int) -> float:
    """PSS in megabytes: shared pages count for each of those who share them by its part."""
    return sum(_pss(process.pid) for process in tree(roots)) / 1024


def tree(roots: Iterable[int]) -> Iterator[Process]:
    """These processes and all that they started."""
    children: dict[int, list[Process]] = defaultdict(list)
    processes = {process.pid: process for process in _all()}
    for process in processes.values():
        children[process.parent].append(process)
    waiting = [processes[root] for root in roots if root in processes]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children[process.pid]


def _all() -> Iterator[Process]:
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended while we looked
                # The name, in brackets, may hold anything; what follows is numbers (proc(5): state, ppid, …).
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                yield Process(int(folder.name), int(fields[1]), sum(map(int, fields[11:15])) / TICKS)


def _pss(pid: int) -> int:
    """Kilobytes; a process that ended meanwhile, or is another user's, counts for none."""
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
