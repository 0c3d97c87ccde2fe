"""Tests of the one schedule: who is due is woken once, and an idle pharmacy costs nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import ProgrammingError, connection, connections, transaction

from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Wakeup
from tenants.wakeups import claim_due, rest, wake
from tests.base import CommittingPharmacyTestCase

NOW = datetime.now(UTC)


class Wakeups(CommittingPharmacyTestCase):
    def claimed(self) -> list[tuple[object, str]]:
        leave()
        try:
            return [(due.pharmacy_id, due.what) for due in claim_due()]
        finally:
            connection.set_tenant(self.soleil)

    def rows(self) -> list[Wakeup]:
        return list(Wakeup.objects.using(OWNER))

    def test_the_earliest_of_two_wishes_wins(self) -> None:
        wake("deliver", NOW + timedelta(hours=1))
        wake("deliver", NOW - timedelta(seconds=1))
        wake("deliver", NOW + timedelta(hours=2))

        self.assertEqual(self.claimed(), [(self.soleil.id, "deliver")])

    def test_a_wish_is_not_seen_before_its_transaction_commits(self) -> None:
        try:
            with transaction.atomic():
                wake("deliver", NOW - timedelta(seconds=1))
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

        self.assertEqual(self.claimed(), [])

    def test_each_pharmacy_wakes_for_itself_alone(self) -> None:
        with inside(self.gare):
            wake("fetch", NOW)

        self.assertEqual(self.claimed(), [(self.gare.id, "fetch")])

    def test_what_was_claimed_comes_back_in_thirty_seconds_should_the_worker_die(self) -> None:
        wake("fetch", NOW)
        self.claimed()

        self.assertEqual(self.claimed(), [])
        (row,) = self.rows()
        self.assertAlmostEqual((row.due_at - datetime.now(UTC)).total_seconds(), 30, delta=5)

    def test_a_claim_given_back_leaves_nothing_behind(self) -> None:
        wake("fetch", NOW)
        leave()
        (due,) = claim_due()
        connection.set_tenant(self.soleil)

        rest(due.what, due.claimed)

        self.assertEqual(self.rows(), [])

    def test_a_wish_made_during_the_work_is_kept(self) -> None:
        later = NOW + timedelta(hours=4)
        wake("deliver", NOW)
        leave()
        (due,) = claim_due()
        connection.set_tenant(self.soleil)

        wake("deliver", later)
        rest(due.what, due.claimed)

        self.assertEqual([row.due_at for row in self.rows()], [later])

    def test_a_suspended_pharmacy_sleeps(self) -> None:
        wake("fetch", NOW)
        type(self.soleil).objects.using(OWNER).update(state="suspended")
        self.addCleanup(lambda: type(self.soleil).objects.using(OWNER).update(state="active"))

        self.assertEqual(self.claimed(), [])

    def test_only_a_pharmacy_may_wake_and_only_the_login_may_claim(self) -> None:
        with self.assertRaises(ProgrammingError):
            claim_due()
        leave()
        with self.assertRaises(ProgrammingError):
            wake("fetch", NOW)
        with connections[OWNER].cursor() as cursor, self.assertRaisesMessage(ProgrammingError, "not inside"):
            cursor.execute("SELECT public.wake('fetch', now())")
