"""Load a day's directory: into a new table that takes the old one's place, in one transaction, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from portal.directory.extraction import Extraction, Row
from portal.directory.models import Load, Reference
from portal.directory.words import LONGEST_PREFIX, SHORTEST_PREFIX
from tenants.connections import OWNER, owner
from tenants.fences import grant_reading

TABLE, NEW, STAGING = "directory_entry", "directory_entry_new", "directory_staging"
# The names of its indexes, and how each is made; the migrations make the same (a test compares them).
INDEXES = {
    "directory_entry_pkey": "ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY (id)",
    "entry_address": "CREATE INDEX {index} ON {table} (address)",
    "entry_words": "CREATE INDEX {index} ON {table} USING gin "
    "(array_to_tsvector(string_to_array(btrim(words), ' '))) WITH (fastupdate = off)",
}
# For its indexes PostgreSQL takes this much, beside what the loading process takes.
INDEX_MEMORY = "64MB"
# A swap waits for readers no longer than this, and readers for it; then it is tried again.
SWAP_WAIT, SWAP_TRIES = "2s", 30
# Words are counted in one line of so many; a beginning that more than this share of all lines has is common.
SAMPLE, COMMON_SHARE = 16, 0.02
LOCK = 0x0FF1C1A2  # of two loads at once the second is refused; tenants/recording.py has a lock of its own

STAGE = """
CREATE TEMP TABLE directory_staging (LIKE {table}, place bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP;
ALTER TABLE directory_staging DROP COLUMN id
"""
SORT = """
INSERT INTO {table} (id, {columns})
SELECT row_number() OVER (ORDER BY postcode COLLATE "C", place), {columns} FROM directory_staging
"""
AREAS = """
SELECT left(postcode, CASE WHEN postcode >= '97' THEN 3 ELSE 2 END), min(id), max(id) FROM {table}
 WHERE postcode ~ '^[0-9]{{2}}' GROUP BY 1
"""
CHANGES = """
WITH new AS (SELECT address, bit_xor(digest) AS mark FROM {new} GROUP BY address),
     old AS (SELECT address, bit_xor(digest) AS mark FROM {old} GROUP BY address)
SELECT count(*) FILTER (WHERE old.address IS NULL),
       count(*) FILTER (WHERE new.mark <> old.mark),
       count(*) FILTER (WHERE new.address IS NULL),
       count(old.address)
  FROM new FULL JOIN old USING (address)
"""


class Implausible(Exception):
    """So much of it is gone that it cannot be true; the message says how much, in French."""


class Busy(Exception):
    """Another load runs, or readers never let the table go."""


def replace_directory(extraction: Extraction, *, forced: bool = False) -> Load:
    """Make the directory exactly what a day's file holds.

    Raises:
        BadExtraction: it is damaged.
        Implausible: it lost more than DIRECTORY_MOST_LOST per cent of the addresses, and is not `forced`.
        Busy: see there. In all three cases what was in place stays.
    """
    with transaction.atomic(using=OWNER), owner().cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            raise Busy
        cursor.execute(f"CREATE TABLE {NEW} (LIKE {TABLE} INCLUDING DEFAULTS)")
        cursor.execute(STAGE.format(table=TABLE))
        rows, common = _copy(cursor, extraction)
        areas = _sort(cursor)
        _make_indexes(cursor)
        added, changed, removed, before = _changes(cursor)
        if not forced:
            _refuse_shrinking(rows, removed, before)
        _swap(cursor)
        return Load.objects.using(OWNER).create(
            what=Reference.DIRECTORY,
            at=timezone.now(),
            published_at=extraction.published_at,
            rows=rows,
            added=added,
            changed=changed,
            removed=removed,
            left_out=extraction.left_out + extraction.broken,
            common=common,
            areas=areas,
        )


def _copy(cursor: Any, extraction: Extraction) -> tuple[int, list[str]]:
    """Stream the rows in: (how many, the beginnings that are common)."""
    rows, seen = 0, Counter[str]()
    columns = ", ".join(Row._fields)
    with cursor.copy(f"COPY {STAGING} ({columns}) FROM STDIN") as copy:
        for row in extraction.rows():
            copy.write_row(row)
            rows += 1
            if rows % SAMPLE == 0:
                seen.update(row.words.split())
    return rows, sorted(_common(seen, rows))


def _sort(cursor: Any) -> dict[str, tuple[int, int]]:
    """Number the rows by their postcodes, so that a department lies together: its first and last number."""
    columns = ", ".join(Row._fields)
    cursor.execute(SORT.format(table=NEW, columns=columns))
    cursor.execute(AREAS.format(table=NEW))
    return {area: (first, last) for area, first, last in cursor.fetchall()}


def _common(seen: Counter[str], rows: int) -> Iterator[str]:
    """Beginnings whose words many lines have: an upper bound, for one line may have several of them.

    Letter by letter, among the words whose shorter beginning is common: the others need no room.
    """
    least = rows * COMMON_SHARE / SAMPLE
    words = seen
    for length in range(SHORTEST_PREFIX, LONGEST_PREFIX + 1):
        starts = Counter[str]()
        for word, times in words.items():
            if len(word) >= length:
                starts[word[:length]] += times
        common = {start for start, times in starts.items() if times > least}
        yield from common
        words = Counter({word: times for word, times in words.items() if word[:length] in common})


def _make_indexes(cursor: Any) -> None:
    cursor.execute("SELECT set_config('maintenance_work_mem', %s, true)", [INDEX_MEMORY])
    for name, statement in INDEXES.items():
        cursor.execute(statement.format(table=NEW, index=f"{name}_new"))
    cursor.execute(f"ANALYZE {NEW}")


def _changes(cursor: Any) -> tuple[int, int, int, int]:
    cursor.execute(CHANGES.format(new=NEW, old=TABLE))
    added, changed, removed, before = cursor.fetchone()
    return added, changed, removed, before


def _refuse_shrinking(rows: int, removed: int, before: int) -> None:
    if rows == 0:
        raise Implausible("Le fichier ne contient aucune adresse.")
    if removed * 100 > before * settings.DIRECTORY_MOST_LOST:
        raise Implausible(
            f"Le fichier a perdu {removed} adresses sur {before}, plus de {settings.DIRECTORY_MOST_LOST} %."
        )


def _swap(cursor: Any) -> None:
    """Readers wait for a moment at most: whoever still reads the old table makes this try again, not them wait."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [SWAP_WAIT])
    for _ in range(SWAP_TRIES):
        with _unless_locked() as tried, transaction.atomic(using=OWNER):
            cursor.execute(f"DROP TABLE {TABLE}")
            cursor.execute(f"ALTER TABLE {NEW} RENAME TO {TABLE}")
            for name in INDEXES:
                cursor.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
            grant_reading(TABLE, cursor)
        if tried.done:
            return
    raise Busy


class _Try:
    done = False


@contextmanager
def _unless_locked() -> Iterator[_Try]:
    tried = _Try()
    try:
        yield tried
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
    else:
        tried.done = True
