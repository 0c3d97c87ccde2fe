"""Mend what dead workers left behind, put back what may be tried again, and say when to look next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, DateTimeField, F, Min, QuerySet, When
from django.db.models.functions import Greatest, Least, Now

from portal.mailboxes.models import MailboxState
from portal.outbound import results
from portal.outbound.models import Delivery, DeliveryState
from portal.outbound.states import transition

logger = logging.getLogger(__name__)


def sweep() -> bool:
    """Make every delivery that waits for nobody move on; several workers may sweep at once.

    A lease that ran out before the dot frees the delivery: nothing was sent; after ten of those it has failed.
    One that ran out after it leaves a doubt, which is a person's to settle: no machine ever sends those bytes
    again. False if one would not move.
    """
    retry = Delivery.objects.filter(state=DeliveryState.RETRY_WAIT, next_at__lte=Now())
    dead = Delivery.objects.filter(state=DeliveryState.CLAIMED, lease_until__lte=Now())
    unsure = Delivery.objects.filter(state=DeliveryState.HANDOVER, lease_until__lte=Now())
    return all([_each(retry, _requeue), _each(dead, results.break_off), _each(unsure, results.doubt)])


def next_due() -> datetime | None:
    """When the next delivery wants something: an attempt, a retry, the end of a lease or of our patience."""
    moments = [_next_attempt(), _earliest(DeliveryState.RETRY_WAIT, "next_at")]
    moments += [_earliest(state, "lease_until") for state in (DeliveryState.CLAIMED, DeliveryState.HANDOVER)]
    return min((moment for moment in moments if moment), default=None)


def _each(due: QuerySet[Delivery], act: Callable[[Delivery], object]) -> bool:
    """One short transaction for each; `act` moves it out of `due`, so this ends. False if it failed for one."""
    stuck: list[UUID] = []
    while True:
        with transaction.atomic():
            left = due.exclude(pk__in=stuck).select_for_update(skip_locked=True).defer("inline")
            delivery = left.first()
            if delivery is None:
                return not stuck
            try:
                with transaction.atomic():
                    act(delivery)
            except Exception:
                # The outermost loop: one delivery must not hold up the others. It is swept again.
                logger.exception("delivery %s cannot be moved on", delivery.pk)
                stuck.append(delivery.pk)


def _requeue(delivery: Delivery) -> None:
    transition(delivery, DeliveryState.QUEUED)


def _earliest(state: DeliveryState, column: str) -> datetime | None:
    found: datetime | None = Delivery.objects.filter(state=state).aggregate(at=Min(column))["at"]
    return found


def _next_attempt() -> datetime | None:
    """A mailbox that is stopped or paused holds its mail back, but not beyond the time to give up."""
    stopped_until = Greatest("next_at", F("mailbox__send_retry_at"))  # ignores NULL on PostgreSQL
    way_open = Case(
        When(to_page=True, then=F("next_at")),
        When(mailbox__state=MailboxState.ACTIVE, then=Least(stopped_until, "give_up_at")),
        default=F("give_up_at"),
        output_field=DateTimeField(),
    )
    queued = Delivery.objects.filter(state=DeliveryState.QUEUED)
    found: datetime | None = queued.aggregate(at=Min(way_open))["at"]
    return found
