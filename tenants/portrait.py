"""Describe a pharmacy's schema, object by object and row by row, so that two of them can be compared as texts.

Rows of the catalogs are taken whole, but for what cannot be the same twice (numbers of objects and files, statistics):
so what a later PostgreSQL adds to them is compared too. What such a number stands for is written out beside the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from tenants.backend.base import role_name
from tenants.connections import owner


class Kind(NamedTuple):
    """Where the objects of one kind are listed: SQL for the name, for what numbers stand for, and for the rows r."""

    kind: str
    name: str
    definition: str
    rows: str
    unlike: str  # the columns of the catalog that cannot be the same twice


OURS = "%(schema)s::regnamespace"
KINDS = (
    Kind(
        "schema",
        "''",
        "pg_get_userbyid(nspowner)",
        f"pg_namespace r WHERE oid = {OURS}",
        "oid nspname nspowner",
    ),
    Kind("role", "''", "''", "pg_roles r WHERE rolname = %(role)s", "oid rolname"),
    Kind(
        "member",
        "roleid::regrole",
        "concat(member::regrole, ' by ', grantor::regrole)",
        "pg_auth_members r WHERE quote_ident(%(role)s) IN (roleid::regrole::text, member::regrole::text)",
        "oid roleid member grantor",
    ),
    Kind(
        "default rights",
        "''",
        "pg_get_userbyid(defaclrole)",
        f"pg_default_acl r WHERE defaclnamespace = {OURS}",
        "oid defaclrole defaclnamespace",
    ),
    Kind(
        "relation",
        "relname",
        "concat(pg_get_userbyid(relowner), reltoastrelid <> 0)",
        f"pg_class r WHERE relnamespace = {OURS}",
        "oid relnamespace reltype relowner relfilenode relpages reltuples relallvisible relallfrozen reltoastrelid "
        "relfrozenxid relminmxid",
    ),
    Kind(
        "column",  # PostgreSQL 15.20 keeps a number of its own among the options
        "attrelid::regclass",
        "concat(format_type(atttypid, atttypmod), ' ', pg_get_expr(adbin, adrelid), ' ', "
        "(SELECT array_agg(o ORDER BY o) FROM unnest(attoptions) o WHERE NOT starts_with(o, 'pg_attver=')))",
        "pg_attribute r LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum) "
        f"WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "attrelid atttypid attoptions",
    ),
    Kind(
        "constraint",
        "concat(conrelid::regclass, contypid::regtype)",
        "concat(pg_get_constraintdef(oid), ' ', conindid::regclass)",
        f"pg_constraint r WHERE connamespace = {OURS}",
        "oid connamespace conrelid contypid conindid conparentid confrelid conbin conpfeqop conppeqop conffeqop "
        "conexclop",
    ),
    Kind(
        "index",
        "indexrelid::regclass",
        "pg_get_indexdef(indexrelid)",
        f"pg_index r WHERE indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "indexrelid indrelid indexprs indpred",
    ),
    Kind(
        "trigger",  # one behind a foreign key has a number for a name, and is defined by its constraint
        "tgrelid::regclass",
        "CASE WHEN tgisinternal THEN tgfoid::regproc::text ELSE pg_get_triggerdef(oid) END",
        f"pg_trigger r WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "oid tgrelid tgparentid tgname tgfoid tgconstrrelid tgconstrindid tgconstraint tgqual",
    ),
    Kind(
        "function",
        "oid::regprocedure",
        "concat(pg_get_userbyid(proowner), ' ', CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(oid) END)",
        f"pg_proc r WHERE pronamespace = {OURS}",
        "oid pronamespace proowner prosqlbody proargdefaults prorettype proargtypes proallargtypes protrftypes",
    ),
    Kind(
        "policy",
        "polrelid::regclass",
        "concat(polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))",
        f"pg_policy r WHERE polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "oid polrelid polroles polqual polwithcheck",
    ),
    Kind(
        "rule",  # and what a view selects
        "ev_class::regclass",
        "pg_get_ruledef(oid)",
        f"pg_rewrite r WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "oid ev_class ev_qual ev_action",
    ),
    Kind(
        "type",
        "oid::regtype",
        "concat(pg_get_userbyid(typowner), ' ', format_type(typbasetype, typtypmod))",
        f"pg_type r WHERE typnamespace = {OURS}",
        "oid typnamespace typowner typrelid typelem typarray typbasetype typdefaultbin",
    ),
    Kind(
        "label",
        "enumtypid::regtype",
        "''",
        f"pg_enum r WHERE enumtypid IN (SELECT oid FROM pg_type WHERE typnamespace = {OURS})",
        "oid enumtypid",
    ),
    Kind(
        "statistics",
        "pg_get_statisticsobjdef(oid)",
        "pg_get_userbyid(stxowner)",
        f"pg_statistic_ext r WHERE stxnamespace = {OURS}",
        "oid stxrelid stxnamespace stxowner stxexprs",
    ),
    Kind(
        "sequence",
        "seqrelid::regclass",
        "format_type(seqtypid, NULL)",
        f"pg_sequence r WHERE seqrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {OURS})",
        "seqrelid seqtypid",
    ),
    Kind(
        "comment",
        "classoid::regclass",
        "i.identity",
        "pg_description r, pg_identify_object(classoid, objoid, objsubid) i "
        "WHERE position(%(schema)s IN i.identity) > 0",
        "objoid classoid",
    ),
    Kind(
        "object",  # whatever else may live in a schema: at least as many of it
        "classid::regclass",
        "''",
        f"pg_depend r WHERE (refclassid, refobjid) = ('pg_namespace'::regclass, {OURS})",
        "classid objid refclassid refobjid",
    ),
)
CONTENTS = """
SELECT c.oid::regclass::text, c.relkind = 'S' FROM pg_class c
 WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'm', 'S')
"""

Portrait = Counter[str]


def portrait(schema_name: str) -> Portrait:
    """One line for each object, right, row and sequence; the names of the schema and of its role are blanked."""
    connection = owner()
    connection.set_schema_to_public()
    role = role_name(connection.role_prefix, schema_name)
    with connection.cursor() as cursor:
        lines = [*_objects(cursor, schema_name, role), *_contents(cursor, schema_name)]
    return Counter(line.replace(role, "ROLE").replace(schema_name, "SCHEMA") for line in lines)


def differences(one: Portrait, other: Portrait) -> list[str]:
    """What stands in one portrait only, sorted, so that both sides of a change stand together."""
    return sorted(
        [
            *(f"{line} | first only" for line in one - other),
            *(f"{line} | second only" for line in other - one),
        ]
    )


def _objects(cursor: CursorWrapper, schema_name: str, role: str) -> Iterator[str]:
    for kind, name, definition, rows, unlike in KINDS:
        cursor.execute(
            f"SELECT ({name})::text, {definition}, (to_jsonb(r) - %(unlike)s::text[])::text FROM {rows}",
            {"schema": schema_name, "role": role, "unlike": unlike.split()},
        )
        yield from (f"{kind} {name}: {definition} {row}" for name, definition, row in cursor.fetchall())


def _contents(cursor: CursorWrapper, schema_name: str) -> Iterator[str]:
    cursor.execute(CONTENTS, [schema_name])
    parts = []
    for name, is_sequence in cursor.fetchall():
        columns = "last_value, is_called" if is_sequence else "to_jsonb(r)"
        parts.append(f"SELECT concat_ws(' ', 'row {name}:', {columns}) FROM {name} r")
    if parts:
        cursor.execute(" UNION ALL ".join(parts))
        yield from (line for (line,) in cursor.fetchall())
