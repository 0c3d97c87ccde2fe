"""Database connections that enter a pharmacy's schema and role in one statement, or not at all.

django-tenants' own backend swallows a failed `SET search_path` and falls through to `public` when a schema
is missing. Here any failure to switch closes the connection and raises.
"""

from __future__ import annotations

import logging
from typing import Any

from django.utils.functional import cached_property
from django_tenants.postgresql_backend import base as upstream
from psycopg.pq import TransactionStatus

from tenants.backend.creation import DatabaseCreation
from tenants.backend.introspection import DatabaseIntrospection

# No row means that the schema does not exist: the WHERE is evaluated before the settings are made.
SWITCH = (
    "SELECT set_config('role', %s, false), set_config('search_path', %s, false) "
    "WHERE to_regnamespace(%s) IS NOT NULL"
)
PUBLIC = "public"
OUTSIDE = ("none", PUBLIC)


class PharmacyUnavailable(Exception):
    """The connection could not enter the pharmacy: no such schema, no such role, or no right to it."""


def role_name(prefix: str, schema_name: str) -> str:
    """The role of a pharmacy, computed so that no look-up is needed to switch."""
    return f"{prefix}_{schema_name}"


def reset_session(connection: Any) -> None:
    """Leave the pharmacy before a connection goes back to the pool (it runs in a thread of the pool)."""
    connection.autocommit = True
    connection.execute("RESET ROLE; RESET search_path")


class DatabaseWrapper(upstream.DatabaseWrapper):
    """One connection, inside one pharmacy or in `public`."""

    creation_class = DatabaseCreation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._applied: tuple[str, str] | None = None
        super().__init__(*args, **kwargs)
        self.introspection = DatabaseIntrospection(self)

    @property
    def role_prefix(self) -> str:
        return str(self.settings_dict["ROLE_PREFIX"])

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(options, dict):
            options.setdefault("reset", reset_session)
        return super().pool

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["options"] = f"{params.get('options', '')} -c search_path={PUBLIC}".strip()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        self._applied = OUTSIDE
        return connection

    def close(self) -> None:
        self._applied = None
        super().close()

    def rollback(self) -> None:
        # A setting made inside the transaction is undone with it, so what we applied is no longer known.
        self._applied = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._applied = None

    @cached_property
    def _switches_role(self) -> bool:
        return bool(self.settings_dict.get("SWITCH_ROLE", True))

    def _wanted(self) -> tuple[str, str]:
        if self.schema_name == PUBLIC:
            return OUTSIDE
        role = role_name(self.role_prefix, str(self.schema_name)) if self._switches_role else "none"
        path = f'"{self.schema_name}"'
        return role, f"{path}, {PUBLIC}" if self.include_public_schema else path

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Switch when needed (0.2 ms). On the raw connection, so that it is not counted as a query."""
        wanted = self._wanted()
        if wanted == self._applied:
            return
        raw = self.connection
        if raw.info.transaction_status == TransactionStatus.INERROR:
            return  # only ROLLBACK can run now; switching would hide the first error
        try:
            row = raw.execute(SWITCH, [*wanted, f'"{self.schema_name}"']).fetchone()
        except Exception as error:
            self._abandon(raw)
            raise PharmacyUnavailable(self.schema_name) from error
        if row is None:
            self._abandon(raw)
            raise PharmacyUnavailable(self.schema_name)
        self._applied = wanted

    def _abandon(self, raw: Any) -> None:
        # The socket first: close() alone would hand the connection back to the pool.
        raw.close()
        self.close()


class _DiscardedOnPurpose(logging.Filter):
    """The pool warns of each connection that we closed because its switch failed; the switch raised already."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "discarding closed connection" not in record.getMessage()


logging.getLogger("psycopg.pool").addFilter(_DiscardedOnPurpose())
