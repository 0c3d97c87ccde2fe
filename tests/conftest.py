"""The two pharmacies of every test: Soleil, and Gare which must see nothing of it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """After the test database was made, open the two pharmacies in it."""
    from tests.cast import open_pharmacies

    with django_db_blocker.unblock():
        open_pharmacies()


def pytest_configure() -> None:
    """Argon2 costs 50 ms by design; a thousand tests sign in without it. One test checks that it is configured."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
