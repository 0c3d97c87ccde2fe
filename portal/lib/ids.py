"""Make the primary keys: UUID version 7, in order of time, without asking the database."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

COUNTER_BITS = 42
TAIL_BITS = 32
VERSION_7 = 7 << 76
VARIANT_RFC = 0b10 << 62
# A clock that stands this much behind what was given had been wrong before: ids follow it again (RFC 9562, 6.2).
STEP_BACK_MS = 10_000


class _Clock:
    """The last instant given, and a counter for the ids of one millisecond (RFC 9562, 6.2, method 1)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.instant = 0
        self.counter = 0

    def next(self) -> tuple[int, int, int]:
        """(milliseconds, counter, random tail), greater than any before in this process, small steps back included."""
        drawn = int.from_bytes(os.urandom(10), "big")
        tail, start = drawn & 0xFFFF_FFFF, (drawn >> TAIL_BITS) & ((1 << (COUNTER_BITS - 1)) - 1)
        now = time.time_ns() // 1_000_000
        with self.lock:
            if now > self.instant or now < self.instant - STEP_BACK_MS:
                self.instant, self.counter = now, start
            else:  # same millisecond, or the clock stepped back
                self.counter += 1
                if self.counter >> COUNTER_BITS:
                    self.instant, self.counter = self.instant + 1, start
            return self.instant, self.counter, tail


_clock = _Clock()


def _forget_parent() -> None:
    """A fork copies counter and lock: start afresh, or parent and child would count alike."""
    global _clock
    _clock = _Clock()


os.register_at_fork(after_in_child=_forget_parent)


def uuid7() -> UUID:
    """A UUID of RFC 9562, 5.7: 48 bits of milliseconds, a 42-bit counter, 32 random bits.

    Each is greater than the one before within a process, unless the wall clock was set back by over ten seconds.
    """
    instant, counter, tail = _clock.next()
    high, low = counter >> 30, counter & 0x3FFF_FFFF
    value = (instant & 0xFFFF_FFFF_FFFF) << 80 | VERSION_7 | high << 64 | VARIANT_RFC | low << 32 | tail
    return UUID(int=value)


def first_id_of(moment: datetime) -> UUID:
    """The smallest id of that millisecond: rows made since are found by their primary key."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def made_at(made: UUID) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
