"""The test database, and the two pharmacies in it: Soleil, and Gare which must see nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure() -> None:
    """Argon2 costs 50 ms by design; a thousand tests sign in without it. One test checks that it is configured."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Make the database by its owner, always: pytest-django makes only what the chosen tests name, and
    `default` alone would then be the real one."""
    from django.test.utils import setup_databases, teardown_databases

    from tests.cast import open_pharmacies

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        open_pharmacies()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)
