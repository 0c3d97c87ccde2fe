"""The house that stands for several journeys is stopped before a test that does not live in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys import standing


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(nextitem: Any) -> None:
    standing.stop_unless_it_follows(getattr(nextitem, "cls", None))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    standing.stop()
