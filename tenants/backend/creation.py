"""Test databases whose pharmacies' roles have a prefix of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.backends.postgresql.creation import DatabaseCreation as Upstream

if TYPE_CHECKING:

    class Base:
        """What the stubs leave out of Django's class."""

        connection: Any

        def create_test_db(self, *args: Any, **kwargs: Any) -> str: ...
        def _get_test_db_name(self) -> str: ...
        def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None: ...
        def _nodb_cursor(self) -> Any: ...

else:
    Base = Upstream


class DatabaseCreation(Base):
    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        """Give `default` the test database's name before anything opens its pool on the real one."""
        name = str(self._get_test_db_name())
        default = _forgotten_default()
        for connection in (default, self.connection):
            connection.settings_dict["ROLE_PREFIX"] = name
        default.settings_dict["NAME"] = name
        return str(super().create_test_db(*args, **kwargs))

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        _forgotten_default()
        super()._destroy_test_db(test_database_name, verbosity)
        with self._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT rolname FROM pg_roles WHERE rolname ~ %s",
                [f"^{test_database_name}_(t_[0-9a-f]{{32}}|pharmacies)$"],
            )
            for (role,) in cursor.fetchall():
                cursor.execute(f"DROP ROLE {self.connection.ops.quote_name(role)}")


def _forgotten_default() -> Any:
    """The login's connection, closed with its pool, so that its next query opens a new one."""
    default: Any = connections["default"]
    default.close()
    _let_return(default.pool)
    default.close_pool()
    return default


def _let_return(pool: Any) -> None:
    """Wait, five seconds at most, until the pool has its connections back: it takes them in a thread, and leaks
    those that it had no time for before it was closed. One that was never opened has none to wait for."""
    if pool.closed:
        return
    until = time.monotonic() + 5
    while (stats := pool.get_stats())["pool_available"] < stats["pool_size"] and time.monotonic() < until:
        time.sleep(0.005)
