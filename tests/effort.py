"""Whether work grows in step with its input: what a machine's seconds cannot say."""

from __future__ import annotations

import time
from collections.abc import Callable

# Four times the input: about 4 for linear work, 16 for quadratic. The limit leaves room for a loaded machine.
TIMES = 4
LIMIT = 9.0
# A shorter run says more about the machine than about the work.
SHORTEST = 0.01


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times longer `work(4 * size)` takes than `work(size)`, in CPU time; the best of three tries at most."""
    found = _once(work, size)
    for _ in range(2):
        if found >= LIMIT:
            found = min(found, _once(work, size))
    return found


def _once(work: Callable[[int], object], size: int) -> float:
    small = _spent(work, size)
    return _spent(work, TIMES * size) / max(small, SHORTEST)


def _spent(work: Callable[[int], object], size: int) -> float:
    begin = time.process_time()
    work(size)
    return time.process_time() - begin
