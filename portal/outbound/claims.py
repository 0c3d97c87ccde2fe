"""Take a due delivery, keep it while its bytes go out, and ask for leave right before the dot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from portal.lib.failpoints import reach
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.states import transition
from tenants.wakeups import wake

WAKE = "deliver"
AT = "claimed_at"
CLAIM_LEASE = timedelta(seconds=120)
# Longer than the wait for the answer to the dot (600 s): a lease that runs out there means a dead worker.
HANDOVER_LEASE = timedelta(seconds=900)


@dataclass(frozen=True)
class Claim:
    """A delivery that this worker owns until its lease ends; `at` is the database's time of the claim."""

    delivery: Delivery
    at: datetime

    @property
    def overdue(self) -> bool:
        return self.delivery.give_up_at <= self.at

    def renew(self) -> None:
        """Push the lease of a slow body on. Whether it was lost meanwhile is asked at the fence alone."""
        Delivery.objects.filter(
            pk=self.delivery.pk, state=DeliveryState.CLAIMED, epoch=self.delivery.epoch
        ).update(lease_until=Now() + CLAIM_LEASE)

    def hand_over(self) -> bool:
        """The fence: from here on nobody else ever sends these bytes. False: the claim was lost, do not send.

        The compare-and-set is committed at return (unless a test holds a transaction around everything).
        """
        return transition(
            self.delivery,
            DeliveryState.HANDOVER,
            handover_at=timedelta(),
            lease_until=HANDOVER_LEASE,
        )


def claim_next() -> Claim | None:
    """Claim the delivery that has been due the longest; None when nothing is due, or others have it all.

    The wake-up at the end of the lease is set in the same transaction: should this worker die, the clock
    brings another.
    """
    reach("outbound.before-claim")
    with transaction.atomic():
        delivery = (
            Delivery.objects.due()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("mailbox")
            .annotate(**{AT: Now()})
            .first()
        )
        if delivery is None:
            return None
        at: datetime = getattr(delivery, AT)
        transition(delivery, DeliveryState.CLAIMED, epoch=delivery.epoch + 1, lease_until=CLAIM_LEASE)
        wake(WAKE, at + CLAIM_LEASE)
    reach("outbound.after-claim")
    return Claim(delivery, at)
