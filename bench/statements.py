"""The SQL that a piece of work sends, transaction by transaction."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

BEGINNINGS, ENDS = ("BEGIN",), ("COMMIT", "ROLLBACK")


def statements_by_transaction(work: Callable[[], object]) -> list[list[str]]:
    """What `work` sends inside each transaction; a statement outside of one stands alone."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found: list[list[str]] = []
    inside = False
    for sql in (query["sql"] for query in captured.captured_queries):
        if sql in BEGINNINGS:
            found.append([])
            inside = True
        elif sql in ENDS:
            inside = False
        elif inside:
            found[-1].append(sql)
        else:
            found.append([sql])
    return found
