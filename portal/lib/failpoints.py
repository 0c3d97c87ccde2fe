"""Die at a named place, so that tests can prove that nothing is lost or doubled there.

`FP=outbound.after-dot:3` in the environment kills this process with SIGKILL the third time it gets there.
`FP_LOG=/path` appends every point reached, one name per line. Without `FP` and `FP_LOG` nothing happens.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

OUTBOUND = (
    "outbound.before-claim",
    "outbound.after-claim",
    "outbound.after-connect",
    "outbound.after-tls",
    "outbound.after-mail",
    "outbound.after-rcpt",
    "outbound.mid-body",
    "outbound.before-fence",
    "outbound.after-fence",
    "outbound.after-dot",
    "outbound.after-250",
    "outbound.after-record",
)
INBOUND = (
    "inbound.after-login",
    "inbound.after-search",
    "inbound.after-fetch",
    "inbound.before-store",
    "inbound.after-store",
    "inbound.before-watermark",
    "inbound.after-watermark",
    "inbound.after-process",
)
# Reached only by a pharmacy that answers by itself.
ANSWERING = ("answering.decided", "answering.queued")
INDEXING = ("index.before-words", "index.after-words")
LADDER = ("ladder.told",)
NAMES = frozenset(OUTBOUND + INBOUND + ANSWERING + INDEXING + LADDER)


class UnknownFailpoint(ValueError):
    """The code reached, or `FP` names, a point that is in neither list: a typing error."""


class _Plan:
    """What the environment asked for; read once, because `reach` stands in the hottest loops."""

    def __init__(self) -> None:
        name, _, nth = os.environ.get("FP", "").partition(":")
        if name and name not in NAMES:
            raise UnknownFailpoint(name)
        self.name = name
        self.nth = int(nth or 1)
        self.log = os.environ.get("FP_LOG", "")
        self.armed = bool(name or self.log)
        self.reached: Counter[str] = Counter()


_plan = _Plan()


def reach(name: str) -> None:
    """Say that the point `name` is reached; may not return. Raises UnknownFailpoint for an unlisted name."""
    if name not in NAMES:
        raise UnknownFailpoint(name)
    if _plan.armed:
        _reached(name)


def reset() -> None:
    """Read the environment again and count from zero (tests)."""
    global _plan
    _plan = _Plan()


def _reached(name: str) -> None:
    _plan.reached[name] += 1
    if _plan.log:
        with Path(_plan.log).open("a", encoding="ascii") as log:
            log.write(name + "\n")
    if name == _plan.name and _plan.reached[name] == _plan.nth:
        os.kill(os.getpid(), signal.SIGKILL)
