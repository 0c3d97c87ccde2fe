"""Read clock, CPU, disk and log before and after a piece of work in other processes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import connections

from bench.hands import Hands
from bench.stage import Stage
from bench.usage import cpu_seconds
from tenants.fences import OWNER

TABLES = """
SELECT c.oid::regclass::text, pg_total_relation_size(c.oid) FROM pg_class c
 WHERE c.relkind = 'r' AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE %s)
"""


@dataclass(frozen=True)
class Cost:
    """What a number of mails took: seconds of clock and of CPU in all processes; bytes kept and logged by each."""

    mails: int
    seconds: float
    cpu: float
    stored: float
    logged: float

    @property
    def per_second(self) -> float:
        return self.mails / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / self.mails

    def with_later(self, later: Cost) -> Cost:
        """Both together; of the space only what the later one added."""
        return replace(
            later,
            mails=self.mails + later.mails,
            seconds=self.seconds + later.seconds,
            cpu=self.cpu + later.cpu,
        )


class Meter:
    """Measures its block. `schemas` is a LIKE pattern: whose tables may grow meanwhile."""

    def __init__(self, stage: Stage, hands: Hands, *, schemas: str) -> None:
        self._roots = [*hands.pids, stage.place.postmaster]
        self._log, self._schemas = hands.log, schemas

    def __enter__(self) -> Meter:
        self._stored, self._logged = self._bytes(), self._log.stat().st_size
        self._cpu, self._began = cpu_seconds(*self._roots), time.perf_counter()
        return self

    def __exit__(self, *raised: object) -> None:
        self._seconds = time.perf_counter() - self._began
        self._cpu = cpu_seconds(*self._roots) - self._cpu
        self._stored = self._bytes() - self._stored
        self._logged = self._log.stat().st_size - self._logged

    def cost(self, mails: int) -> Cost:
        return Cost(mails, self._seconds, self._cpu, self._stored / mails, self._logged / mails)

    def _bytes(self) -> int:
        """Tables, their indexes and the blobs; vacuumed first, as PostgreSQL does by itself every minute."""
        with connections[OWNER].cursor() as cursor:
            cursor.execute(TABLES, [self._schemas])
            for table, _ in cursor.fetchall():
                cursor.execute(f"VACUUM {table}")
            cursor.execute(TABLES, [self._schemas])
            tables = sum(int(size) for _, size in cursor.fetchall())
        blobs = Path(settings.BLOB_ROOT)
        return tables + sum(file.stat().st_size for file in blobs.rglob("*") if file.is_file())
