"""List the tables of one schema in half a millisecond.

Django asks `pg_table_is_visible` of every relation of the database, which made migrating quadratic in the number
of pharmacies (50 s for one no-op migration among 5,000 schemas; 0.1 s with this filter).
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.introspection import TableInfo
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection

TABLES = """
SELECT c.relname,
       CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
       obj_description(c.oid, 'pg_class')
  FROM pg_catalog.pg_class c
 WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relnamespace = %s::regnamespace
"""


class DatabaseIntrospection(DatabaseSchemaIntrospection):
    def get_table_list(self, cursor: Any) -> list[Any]:
        wrapper: Any = self.connection
        cursor.execute(TABLES, [f'"{wrapper.schema_name}"'])
        return [TableInfo(*row) for row in cursor.fetchall() if row[0] not in self.ignored_tables]
