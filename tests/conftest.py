"""The test database, and the two pharmacies in it: Soleil, and Gare which must see nothing of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.skips import refused, told


def pytest_configure() -> None:
    """Argon2 costs 50 ms by design; a thousand tests sign in without it. One test checks that it is configured."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # As in production, a host is looked up once: a test (tests/base.py) forgets what the one before it found.
    settings.HOST_SECONDS = 600.0


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Make the database by its owner, always: pytest-django makes only what the chosen tests name, and
    `default` alone would then be the real one."""
    from django.test.utils import setup_databases, teardown_databases

    from tests.cast import open_pharmacies
    from tests.template import use_template

    with django_db_blocker.unblock():
        if os.environ.get("TEST_TEMPLATE") == "1":
            use_template()
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        open_pharmacies()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line at the end: what was skipped for lack of something, and what to install."""
    reasons = _skipped(terminalreporter)
    if reasons:
        terminalreporter.write_line(told(reasons), yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed (NOTHING_SKIPPED=1), a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NOTHING_SKIPPED") == "1" and reporter and refused(_skipped(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped(reporter: Any) -> list[str]:
    """The reasons of the whole run, of all workers."""
    return [str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
