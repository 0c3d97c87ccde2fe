"""The moves that a delivery may make (security 3.1), and the one function that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from portal.outbound.models import Delivery, DeliveryEvent, DeliveryState

QUEUED, CLAIMED, HANDOVER = DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.HANDOVER
SENT, FAILED, UNCERTAIN = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNCERTAIN
RETRY_WAIT, CANCELLED = DeliveryState.RETRY_WAIT, DeliveryState.CANCELLED
SENT_CONFIRMED, RESENT = DeliveryState.SENT_CONFIRMED, DeliveryState.RESENT
ABANDONED = DeliveryState.ABANDONED

MOVES: Mapping[str, frozenset[DeliveryState]] = {
    QUEUED: frozenset({CLAIMED, CANCELLED}),
    # QUEUED: the worker died before the dot, or the mailbox is at fault and not this mail.
    # SENT: an earlier attempt reached some recipients, and the others are given up without another.
    CLAIMED: frozenset({HANDOVER, QUEUED, RETRY_WAIT, FAILED, SENT}),
    HANDOVER: frozenset({SENT, RETRY_WAIT, FAILED, UNCERTAIN}),
    RETRY_WAIT: frozenset({QUEUED, CANCELLED}),
    # SENT by evidence alone; the other three by a person alone. Never back to QUEUED.
    UNCERTAIN: frozenset({SENT, SENT_CONFIRMED, RESENT, ABANDONED}),
    SENT: frozenset(),
    FAILED: frozenset(),
    SENT_CONFIRMED: frozenset(),
    RESENT: frozenset(),
    ABANDONED: frozenset(),
    CANCELLED: frozenset(),
}
FINAL = frozenset(state for state, onward in MOVES.items() if not onward)


class IllegalMove(Exception):
    """A delivery was to make a move that is not in the table: an error in our code."""


def transition(delivery: Delivery, after: DeliveryState, *, code: str = "", **columns: Any) -> bool:
    """Move `delivery` on from the state and epoch with which it was read, and write the event.

    False if the row has moved meanwhile: then nothing is written. `columns` are set along with the state.

    Raises:
        IllegalMove: the table has no such move.
    """
    before, epoch = delivery.state, delivery.epoch
    if after not in MOVES[before]:
        raise IllegalMove(f"{before} -> {after}")
    with transaction.atomic(savepoint=False):
        here = Delivery.objects.filter(pk=delivery.pk, state=before, epoch=epoch)
        if not here.update(state=after, last_code=code, **columns):
            return False
        delivery.state = after
        delivery.epoch = columns.get("epoch", epoch)
        DeliveryEvent.objects.create(
            delivery=delivery, before=before, after=after, epoch=delivery.epoch, code=code
        )
    return True
