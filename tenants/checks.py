"""Start-up checks that no pharmacy can be entered by accident."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from tenants.connections import here

MEMBERSHIPS_THAT_INHERIT = """
SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
 WHERE l.rolname = current_user AND m.inherit_option AND r.rolname LIKE %s
"""


@register(Tags.models)
def no_table_in_both_kinds(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A table in `public` and in the pharmacies would be read in `public` by a schema that missed a migration."""
    both = set(settings.SHARED_APPS) & set(settings.TENANT_APPS)
    with_tables = [name for name in both if list(_config(name).get_models())]
    return [Error(f"{name} has tables in both kinds of schema", id="tenants.E001") for name in with_tables]


@register(Tags.database)
def login_inherits_nothing(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """From PostgreSQL 16 a grant remembers whether its member inherits (backend-notes, 1)."""
    connection = here()
    if "default" not in (databases or []) or connection.pg_version < 160000:
        return []
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS_THAT_INHERIT, [f"{connection.role_prefix}\\_t\\_%"])
        row = cursor.fetchone()
    if row and row[0]:
        return [Error(f"the login inherits {row[0]} pharmacies' roles", id="tenants.E002")]
    return []


def _config(name: str) -> AppConfig:
    return next(config for config in apps.get_app_configs() if config.name == name)
