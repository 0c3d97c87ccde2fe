"""A quarter of an hour after the journal moved, its end is written outside the database."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.anchors import anchors
from portal.audit.events import Event
from portal.audit.models import Entry, Head
from portal.audit.tasks import anchor
from tenants.context import inside, leave
from tenants.models import Wakeup
from tests.base import CommittingPharmacyTestCase


class Anchoring(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        settings.ANCHOR_FILE.unlink(missing_ok=True)

    def act(self) -> None:
        with transaction.atomic():
            record(Event.SIGN_IN, by=self.nadia)

    def wakeups(self) -> list[timedelta]:
        rows = Wakeup.objects.using("owner").filter(pharmacy=self.soleil, what="anchor")
        return [row.due_at - timezone.now() for row in rows]

    def run_task(self) -> None:
        leave()
        anchor.apply(headers={"pharmacy": str(self.soleil.id)}).get()
        connection.set_tenant(self.soleil)

    def rest(self) -> None:
        Wakeup.objects.using("owner").all().delete()

    def test_the_first_entry_asks_for_an_anchor_in_fifteen_minutes_and_the_next_ones_do_not(self) -> None:
        self.act()
        (due,) = self.wakeups()
        self.assertAlmostEqual(due.total_seconds(), 900, delta=20)

        self.rest()
        self.act()

        self.assertEqual(self.wakeups(), [])

    def test_after_an_anchor_the_next_entry_asks_again(self) -> None:
        self.act()
        self.run_task()
        self.rest()

        self.act()

        self.assertEqual(len(self.wakeups()), 1)

    def test_an_entry_written_while_the_anchor_was_is_anchored_later(self) -> None:
        self.act()
        self.act()
        self.rest()

        with connection.cursor() as cursor:  # the anchor of the first entry alone
            cursor.execute("SELECT audit_anchored(1)")

        self.assertEqual(len(self.wakeups()), 1)
        self.assertTrue(Head.objects.get().anchor_due)

    def test_the_anchor_holds_number_and_hash_and_is_signed(self) -> None:
        self.act()
        self.act()
        self.run_task()

        (written,) = anchors()
        self.assertEqual((written.pharmacy_id, written.n), (self.soleil.id, 2))
        self.assertEqual(written.hash, bytes(Head.objects.get().hash))
        self.assertEqual(settings.ANCHOR_FILE.stat().st_mode & 0o777, 0o600)

    def test_a_line_torn_by_a_power_cut_is_replaced_by_the_next(self) -> None:
        self.act()
        self.run_task()
        with settings.ANCHOR_FILE.open("a") as file:
            file.write('{"pharmacy": "0')
        self.assertEqual(len(list(anchors())), 1)

        self.run_task()

        self.assertEqual([line.n for line in anchors()], [1, 1])

    def test_a_pharmacy_without_any_act_has_nothing_to_anchor(self) -> None:
        self.run_task()
        self.assertFalse(settings.ANCHOR_FILE.exists())

    def test_a_pharmacy_cannot_move_the_head_of_another(self) -> None:
        self.act()
        with inside(self.gare), connection.cursor() as cursor:
            cursor.execute("SELECT audit_anchored(1)")
        self.assertTrue(Head.objects.get().anchor_due)


class ManyAtOnce(CommittingPharmacyTestCase):
    def test_entries_written_at_the_same_time_follow_each_other(self) -> None:
        def act() -> None:
            try:
                with inside(self.soleil):
                    for _ in range(10):
                        with transaction.atomic():
                            record(Event.SIGN_IN, by=self.nadia)
            finally:
                connection.close()

        threads = [threading.Thread(target=act) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(list(Entry.objects.order_by("n").values_list("n", flat=True)), list(range(1, 41)))
