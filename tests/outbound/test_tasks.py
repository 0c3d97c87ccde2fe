"""The bell: queueing asks for it, the task answers it, and it rings again for what comes next."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.utils import timezone

from portal.outbound.claims import claim_next
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.tasks import deliver_due
from sandbox.people import DOCTOR
from tenants.celery import HEADER
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.outbound.stage import OutboundTestCase


class TheBell(OutboundTestCase):
    def due_at(self) -> datetime | None:
        row = Wakeup.objects.using(OWNER).filter(pharmacy=self.soleil.pk, what="deliver").first()
        return row.due_at if row else None

    def test_the_wake_up_names_this_task(self) -> None:
        task = current_app.tasks[settings.WAKEUPS["deliver"]]

        self.assertEqual(task.name, deliver_due.name)

    def test_sending_asks_to_be_woken_when_the_time_to_undo_is_over(self) -> None:
        delivery = self.send(self.letter())

        self.assertEqual(self.due_at(), delivery.next_at)
        left = (delivery.next_at - timezone.now()).total_seconds()
        self.assertTrue(settings.UNDO_SECONDS - 2 < left <= settings.UNDO_SECONDS)

    def test_the_task_sends_and_a_second_run_changes_nothing(self) -> None:
        self.send(self.letter())
        self.wait(seconds=10)
        leave()

        for _ in range(2):
            deliver_due.apply(headers={HEADER: str(self.soleil.pk)}, throw=True)

        self.assertEqual(self.arrived(), [DOCTOR])

    def test_it_asks_for_the_next_retry(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now()
        Wakeup.objects.using(OWNER).all().delete()

        self.after_work(delivery)

        delivery = Delivery.objects.get()
        self.assertEqual((delivery.state, self.due_at()), (DeliveryState.RETRY_WAIT, delivery.next_at))

    def test_a_claim_asks_for_the_end_of_its_lease_in_the_same_breath(self) -> None:
        self.send(self.letter())
        self.wait(seconds=10)
        Wakeup.objects.using(OWNER).all().delete()

        claim_next()

        due_at, lease_until = self.due_at(), Delivery.objects.get().lease_until
        assert due_at is not None and lease_until is not None
        self.assertLess(abs(due_at - lease_until), timedelta(seconds=1))

    def test_one_that_cannot_be_moved_on_holds_up_no_other(self) -> None:
        broken, good = self.send(self.letter()), self.send(self.letter(text="Autre chose."))
        Delivery.objects.filter(pk=broken.pk).update(
            state=DeliveryState.HANDOVER, lease_until=timezone.now() - timedelta(seconds=1)
        )
        broken.recipients.all().delete()  # as if the row were damaged
        self.wait(seconds=10)
        Wakeup.objects.using(OWNER).all().delete()  # the clock has claimed it

        with self.assertLogs("portal.outbound.reaper", "ERROR"):
            deliver_due.apply(headers={HEADER: str(self.soleil.pk)}, throw=True)

        with inside(self.soleil):
            self.assertEqual(Delivery.objects.get(pk=good.pk).state, DeliveryState.SENT)
        due_at = self.due_at()
        assert due_at is not None
        self.assertGreater(due_at, timezone.now() + timedelta(seconds=20))
