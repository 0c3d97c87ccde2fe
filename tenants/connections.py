"""The two database connections, as what they are: our own wrappers, not any backend's."""

from __future__ import annotations

from django.db import connections

from tenants.backend.base import DatabaseWrapper

OWNER = "owner"


def here() -> DatabaseWrapper:
    """The login's connection of this thread: it enters pharmacies."""
    return _ours("default")


def owner() -> DatabaseWrapper:
    """The owner's connection of this thread: migrations and provisioning."""
    return _ours(OWNER)


def _ours(alias: str) -> DatabaseWrapper:
    found: object = connections[alias]
    if not isinstance(found, DatabaseWrapper):
        raise TypeError(f"database {alias!r} does not use tenants.backend")
    return found
