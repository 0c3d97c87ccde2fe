"""Empty a pharmacy after a test that committed; one that the test left alone costs a single question.

No trigger and no foreign key is asked: every row goes. Where the owner may not set them aside for its own statements
(tests/environment.py lets it), they are disabled table by table, which costs every connection what it knows of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.backends.utils import CursorWrapper

from tenants.fences import OWNER
from tenants.models import Pharmacy
from tests import cast

TABLES = """
SELECT format('%%I.%%I', n.nspname, c.relname),
       EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relkind = 'r' AND c.relname <> 'django_migrations'
 ORDER BY 1
"""
SEQUENCES = """
SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relkind = 'S' AND c.relname NOT LIKE 'django_migrations%%'
"""
# Another number once a table was added.
KINDS = "(SELECT sum(oid::bigint) FROM pg_class WHERE relnamespace = '\"{schema}\"'::regnamespace AND relkind = 'r')"

# Of the schema, and of each table the sum of what its rows were last written by: the same when nothing changed since.
Marks = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The tables of a pharmacy, which of them have triggers of ours, the sequences, and how to ask for its marks."""

    tables: tuple[str, ...]
    guarded: frozenset[str]
    sequences: tuple[str, ...]
    question: str


_fresh: dict[UUID, Marks] = {}
# Each connection of the owner plans the question once.
_layouts: WeakKeyDictionary[Any, dict[UUID, Layout]] = WeakKeyDictionary()


def empty(pharmacy: Pharmacy) -> None:
    """Delete every row as the tables' owner, and give the pharmacy its titulaire again."""
    owner = connections[OWNER]
    owner.set_tenant(pharmacy, include_public=False)
    try:
        with owner.cursor() as cursor:
            known = _layouts.setdefault(owner.connection, {})
            marks = _marks(cursor, known[pharmacy.pk]) if pharmacy.pk in known else (0,)
            if _fresh.get(pharmacy.pk) == marks:
                return
            if _fresh.get(pharmacy.pk, (0,))[0] != marks[0] or pharmacy.pk not in known:
                known[pharmacy.pk] = _layout(cursor, pharmacy)
                marks = _marks(cursor, known[pharmacy.pk])
            _delete(cursor, known[pharmacy.pk], marks)
            name = ("nadia", "Nadia Benali") if pharmacy.finess == cast.SOLEIL else ("hugo", "Hugo Lefèvre")
            cast.appoint(*name)
            _fresh[pharmacy.pk] = _marks(cursor, known[pharmacy.pk])
    finally:
        owner.set_schema_to_public()


def _layout(cursor: CursorWrapper, pharmacy: Pharmacy) -> Layout:
    schema = str(pharmacy.schema_name)
    cursor.execute(TABLES, [schema])
    tables = cursor.fetchall()
    cursor.execute(SEQUENCES, [schema])
    sequences = tuple(name for (name,) in cursor.fetchall())
    question = f"marks_{schema}"
    sums = (f"(SELECT coalesce(sum(xmin::text::bigint), 0) FROM {table})" for table, _ in tables)
    cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = %s", [question])
    if cursor.fetchone():
        cursor.execute(f"DEALLOCATE {question}")
    cursor.execute(f"PREPARE {question} AS SELECT {', '.join([KINDS.format(schema=schema), *sums])}")
    return Layout(
        tables=tuple(name for name, _ in tables),
        guarded=frozenset(name for name, has_triggers in tables if has_triggers),
        sequences=sequences,
        question=question,
    )


def _marks(cursor: CursorWrapper, layout: Layout) -> Marks:
    cursor.execute(f"EXECUTE {layout.question}")
    return tuple(int(each) for each in cursor.fetchone())


def _delete(cursor: CursorWrapper, layout: Layout, marks: Marks) -> None:
    written = [table for table, mark in zip(layout.tables, marks[1:], strict=True) if mark]
    cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
    (may_set_aside,) = cursor.fetchone()
    cursor.execute(_deletion(layout, written, set_aside=may_set_aside))


def _deletion(layout: Layout, tables: list[str], *, set_aside: bool) -> str:
    """One transaction. Foreign keys are deferred, so the order does not matter; the journal's triggers would refuse."""
    guarded = [] if set_aside else [table for table in tables if table in layout.guarded]
    return "; ".join(
        [
            "BEGIN",
            *(["SET LOCAL session_replication_role = replica"] if set_aside else ()),
            *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded),
            *(f"DELETE FROM {table}" for table in tables),
            "SET CONSTRAINTS ALL IMMEDIATE",  # a table with checks to come cannot be altered
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded),
            *(f"SELECT setval('{sequence}', 1, false)" for sequence in layout.sequences),
            "COMMIT",
        ]
    )
