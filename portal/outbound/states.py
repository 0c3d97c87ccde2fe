"""The moves that a delivery may make (security 3.1), and the one function that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection

from portal.outbound.models import Delivery, DeliveryState

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


# What a column is set to: a time from now on the database's clock, or a plain value.
Value = str | int | datetime | timedelta | None
MOVE = """
WITH moved AS (
  UPDATE outbound_delivery SET {columns} WHERE id = %s AND state = %s AND epoch = %s RETURNING id, epoch
)
INSERT INTO outbound_deliveryevent (delivery_id, before, after, epoch, code)
SELECT id, %s, %s, epoch, %s FROM moved
"""


class IllegalMove(Exception):
    """A delivery was to make a move that is not in the table: an error in our code."""


def transition(
    delivery: Delivery, after: DeliveryState, *, code: str = "", epoch: int | None = None, **columns: Value
) -> bool:
    """Move `delivery` on from the state and epoch with which it was read, and write the event: one statement.

    False if the row has moved meanwhile: then nothing is written. `epoch` begins a new one. `columns` are set
    along with the state; a timedelta counts from now on the database's clock.

    Raises:
        IllegalMove: the table has no such move.
    """
    before = delivery.state
    if after not in MOVES[before]:
        raise IllegalMove(f"{before} -> {after}")
    begun = delivery.epoch if epoch is None else epoch
    new: dict[str, Value] = {"state": after, "last_code": code, "epoch": begun, **columns}
    here = (delivery.pk, before, delivery.epoch)
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE.format(columns=", ".join(f"{name} = {_slot(value)}" for name, value in new.items())),
            [*map(_plain, new.values()), *here, before, after, code],
        )
        moved = bool(cursor.rowcount)
    if moved:
        delivery.state, delivery.epoch = after, begun
    return moved


def _slot(value: Value) -> str:
    return "STATEMENT_TIMESTAMP() + make_interval(secs => %s)" if isinstance(value, timedelta) else "%s"


def _plain(value: Value) -> str | float | datetime | None:
    return value.total_seconds() if isinstance(value, timedelta) else value
