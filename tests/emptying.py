"""Empty a pharmacy after a test that committed; one that the test left alone costs a single question."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connections
from django.db.backends.utils import CursorWrapper

from tenants.fences import OWNER
from tenants.models import Pharmacy
from tests import cast

TABLES = """
SELECT c.oid::regclass::text, EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  FROM pg_class c
 WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND c.relname <> 'django_migrations'
 ORDER BY 1
"""
SEQUENCES = """
SELECT c.oid::regclass::text FROM pg_class c
 WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'S' AND c.relname NOT LIKE 'django_migrations%%'
"""

# Of each table, the sum of what its rows were last written by: the same when nothing was written since.
Marks = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The tables of a pharmacy, which of them have triggers of ours, and the sequences."""

    tables: tuple[str, ...]
    guarded: frozenset[str]
    sequences: tuple[str, ...]


_fresh: dict[UUID, Marks] = {}


def empty(pharmacy: Pharmacy) -> None:
    """Delete every row as the tables' owner, and give the pharmacy its titulaire again."""
    owner = connections[OWNER]
    owner.set_tenant(pharmacy, include_public=False)
    try:
        with owner.cursor() as cursor:
            layout = _layout(cursor, pharmacy)
            marks = _marks(cursor, layout)
            if _fresh.get(pharmacy.pk) == marks:
                return
            written = [table for table, mark in zip(layout.tables, marks, strict=True) if mark]
            cursor.execute(_deletion(layout, written))
            name = ("nadia", "Nadia Benali") if pharmacy.finess == cast.SOLEIL else ("hugo", "Hugo Lefèvre")
            cast.appoint(*name)
            _fresh[pharmacy.pk] = _marks(cursor, layout)
    finally:
        owner.set_schema_to_public()


def _layout(cursor: CursorWrapper, pharmacy: Pharmacy) -> Layout:
    schema = f'"{pharmacy.schema_name}"'
    cursor.execute(TABLES, [schema])
    tables = cursor.fetchall()
    cursor.execute(SEQUENCES, [schema])
    return Layout(
        tables=tuple(name for name, _ in tables),
        guarded=frozenset(name for name, has_triggers in tables if has_triggers),
        sequences=tuple(name for (name,) in cursor.fetchall()),
    )


def _marks(cursor: CursorWrapper, layout: Layout) -> Marks:
    sums = (f"(SELECT coalesce(sum(xmin::text::bigint), 0) FROM {table})" for table in layout.tables)
    cursor.execute(f"SELECT {', '.join(sums)}")
    return tuple(int(each) for each in cursor.fetchone())


def _deletion(layout: Layout, tables: list[str]) -> str:
    """One transaction. Foreign keys are deferred, so the order does not matter; the journal's triggers would refuse."""
    guarded = [table for table in tables if table in layout.guarded]
    return "; ".join(
        [
            "BEGIN",
            *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded),
            *(f"DELETE FROM {table}" for table in tables),
            "SET CONSTRAINTS ALL IMMEDIATE",  # a table with checks to come cannot be altered
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded),
            *(f"SELECT setval('{sequence}', 1, false)" for sequence in layout.sequences),
            "COMMIT",
        ]
    )
