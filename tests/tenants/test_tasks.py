"""Tests that a task runs in its own pharmacy, or not at all."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

from celery import shared_task
from django.db import connection, connections
from django.utils import timezone

from portal.celery import app
from portal.patients.models import Patient
from portal.vault.keys import new_keyring
from tenants.celery import HEADER, PharmacyTask
from tenants.context import NoPharmacy, current_pharmacy, inside, leave
from tenants.fences import OWNER
from tenants.models import Pharmacy
from tenants.provisioning import NewPharmacy, provision
from tenants.tasks import tick
from tenants.wakeups import wake
from tests import cast
from tests.base import CommittingPharmacyTestCase

TASKS, PHARMACIES, THREADS = 1000, 20, 4


@shared_task(base=PharmacyTask, name="tests.leave_a_mark")
def leave_a_mark(mark: str, *, fail: bool = False) -> None:
    """Write the pharmacy's own id into its own table."""
    Patient.objects.create(ins_oid=f"{current_pharmacy().id.hex[:8]}-{mark}")
    if fail:
        raise ZeroDivisionError(mark)


class InItsPharmacy(CommittingPharmacyTestCase):
    def run_as_a_worker_would(self, pharmacy: Pharmacy, **kwargs: object) -> None:
        leave_a_mark.apply(kwargs=kwargs, headers={HEADER: str(pharmacy.id)}, throw=False)

    def test_a_task_published_outside_a_pharmacy_is_refused(self) -> None:
        leave()

        with self.assertRaises(NoPharmacy):
            leave_a_mark.delay(mark="nowhere")

    def test_a_task_that_arrives_without_its_pharmacy_is_refused(self) -> None:
        with self.assertRaises(NoPharmacy):
            leave_a_mark.apply(kwargs={"mark": "nowhere"}, throw=True)

    def test_a_task_takes_the_pharmacy_of_who_published_it(self) -> None:
        sent: list[dict[str, object]] = []
        with app.connection_for_write() as _, self.capture(sent):
            leave_a_mark.delay(mark="here")

        self.assertEqual(sent[0][HEADER], str(self.soleil.id))

    def test_the_clock_outside_all_pharmacies_publishes_for_the_one_that_is_due(self) -> None:
        app.loader.import_default_modules()
        wake("anchor", timezone.now())
        leave()
        sent: list[dict[str, object]] = []
        with self.capture(sent):
            tick()

        self.assertEqual([headers[HEADER] for headers in sent], [str(self.soleil.id)])

    def test_a_wake_up_that_the_clock_does_not_know_holds_up_no_other(self) -> None:
        app.loader.import_default_modules()
        wake("of-tomorrow", timezone.now() - timedelta(seconds=1))
        wake("anchor", timezone.now())
        leave()
        sent: list[dict[str, object]] = []

        with self.capture(sent), self.assertLogs("tenants.tasks", "ERROR"):
            tick()

        self.assertEqual([headers[HEADER] for headers in sent], [str(self.soleil.id)])

    def capture(self, sent: list[dict[str, object]]) -> object:
        from unittest.mock import patch

        return patch("celery.app.task.Task.apply_async", lambda *a, headers, **k: sent.append(headers))

    def test_a_task_of_a_suspended_pharmacy_does_nothing(self) -> None:
        Pharmacy.objects.using(OWNER).filter(pk=self.gare.pk).update(state="suspended")
        self.addCleanup(lambda: Pharmacy.objects.using(OWNER).update(state="active"))

        self.run_as_a_worker_would(self.gare, mark="closed")

        with inside(self.gare):
            self.assertEqual(Patient.objects.count(), 0)

    def test_a_crashed_task_leaves_its_pharmacy(self) -> None:
        self.run_as_a_worker_would(self.gare, mark="crash", fail=True)

        self.assertEqual(connection.schema_name, "public")


class Interleaved(CommittingPharmacyTestCase):
    many: ClassVar[list[Pharmacy]] = []

    def setUp(self) -> None:
        super().setUp()
        leave()
        self.many = [self.soleil, self.gare]
        for number in range(PHARMACIES - 2):
            finess = f"58010{number:04d}"
            new = NewPharmacy(name=finess, finess=finess, host=f"p{number}.localhost", keyring=new_keyring)
            self.many.append(provision(new, then=lambda _: cast.appoint("p", "P")))
        self.addCleanup(self.remove_others)

    def remove_others(self) -> None:
        leave()
        connection.close()
        for pharmacy in self.many[2:]:
            cast.remove(pharmacy)

    def test_a_thousand_tasks_of_twenty_pharmacies_none_astray(self) -> None:
        chance = random.Random(7)
        work = [(self.many[n % PHARMACIES], str(n), n % 5 == 0) for n in range(TASKS)]
        chance.shuffle(work)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self.run_one, work))
            list(pool.map(lambda _: connections.close_all(), range(THREADS * 4)))

        marks = 0
        for pharmacy in self.many:
            with inside(pharmacy):
                rows = list(Patient.objects.values_list("ins_oid", flat=True))
            marks += len(rows)
            astray = [row for row in rows if not row.startswith(pharmacy.id.hex[:8])]
            self.assertEqual(astray, [])
        self.assertEqual(marks, TASKS)

    @staticmethod
    def run_one(item: tuple[Pharmacy, str, bool]) -> None:
        pharmacy, mark, fail = item
        leave_a_mark.apply(
            kwargs={"mark": mark, "fail": fail}, headers={HEADER: str(pharmacy.id)}, throw=False
        )
        connection.close()
