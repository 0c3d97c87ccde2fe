"""The console's filters read what they show, not the whole journal: a year of it is a hundred thousand entries."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections

from portal.audit.events import Event
from portal.audit.reading import PAGE, Wanted, entries
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase

ENTRIES = 100_000
RARE, OFTEN = UUID(int=1), UUID(int=2)
BEGAN = datetime(2025, 12, 1, tzinfo=UTC)
# A year of a busy pharmacy: one person and one event are rare, and both only at the beginning.
YEAR = """
INSERT INTO audit_entry (n, at_us, actor_kind, actor, event, object_kind, object_id, detail, previous, hash)
SELECT n, %(began)s + n::bigint * %(step)s, 'person', CASE WHEN n <= 100 THEN %(rare)s ELSE %(often)s END::uuid,
       CASE WHEN n BETWEEN 101 AND 200 THEN 'journal:export' ELSE 'conversation:open' END, 'conversation',
       gen_random_uuid(), '', '', '' FROM generate_series(1, %(entries)s) n
"""


class AYearOfEntries(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        owner = connections[OWNER]
        owner.set_tenant(self.soleil, include_public=False)
        try:
            with owner.cursor() as cursor:
                cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
                step = timedelta(days=360) // timedelta(microseconds=ENTRIES)
                began = int(BEGAN.timestamp() * 1_000_000)
                values = {"began": began, "step": step, "rare": RARE, "often": OFTEN, "entries": ENTRIES}
                cursor.execute(YEAR, values)
                cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
                cursor.execute("VACUUM ANALYZE audit_entry")  # as autovacuum does
        finally:
            owner.set_schema_to_public()
            owner.close()
        connection.set_tenant(self.soleil)

    def rows_read(self, wanted: Wanted, *, before: int | None = None) -> int:
        found = entries(wanted)
        found = (found.filter(n__lt=before) if before else found)[: PAGE + 1]
        plan = json.loads(found.explain(format="json", analyze=True))[0]["Plan"]
        return read_by(plan)

    def test_a_person_an_event_and_a_period_are_found_without_reading_the_rest(self) -> None:
        day = BEGAN + timedelta(days=30)
        for name, wanted in (
            ("everything", Wanted()),
            ("a person", Wanted(actor=RARE)),
            ("an event", Wanted(event=Event.JOURNAL_EXPORT)),
            ("a day long ago", Wanted(since=day, until=day + timedelta(days=1))),
            ("a person on a day", Wanted(actor=OFTEN, since=day, until=day + timedelta(days=1))),
            ("an event of a person", Wanted(actor=OFTEN, event=Event.JOURNAL_EXPORT)),
            ("what is not there", Wanted(actor=RARE, event=Event.JOURNAL_EXPORT)),
        ):
            with self.subTest(name):
                self.assertLess(self.rows_read(wanted), ENTRIES // 20)

    def test_so_are_the_pages_that_follow(self) -> None:
        self.assertLess(self.rows_read(Wanted(actor=OFTEN), before=5000), ENTRIES // 20)


def read_by(plan: dict[str, Any]) -> int:
    """How many rows the plan's leaves took into their hands."""
    inner = plan.get("Plans", [])
    if inner:
        return sum(read_by(each) for each in inner)
    left_out = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return int((plan["Actual Rows"] + left_out) * plan["Actual Loops"])
