"""Hold a delivery and its recipients to the end of a transaction; every change to them begins here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from portal.outbound.models import Delivery, Recipient, RecipientState


@dataclass(frozen=True)
class Held:
    """The rows as they are now, and the database's time."""

    delivery: Delivery
    recipients: list[Recipient]
    at: datetime

    def standing(self, *states: RecipientState) -> list[Recipient]:
        """The recipients that are in one of these states."""
        return [recipient for recipient in self.recipients if recipient.state in states]

    def settle(self, recipient: Recipient, state: RecipientState, *, code: str, answer: str = "") -> None:
        """Write what became of one recipient."""
        recipient.state, recipient.code, recipient.answer = state, code, answer
        recipient.decided_at = None if state == RecipientState.PENDING else self.at
        recipient.save(update_fields=["state", "code", "answer", "decided_at"])


def hold(delivery_id: UUID) -> Held:
    """Lock a delivery and its recipients, in the caller's transaction, without its bytes.

    Locks are taken in one order everywhere: delivery, recipients (PostgreSQL goes by the order of `of`),
    conversation, mailbox, wake-up, journal.

    Raises:
        Delivery.DoesNotExist: there is none.
    """
    rows = (
        Recipient.objects.filter(delivery=delivery_id)
        .select_for_update(of=("delivery", "self"))
        .select_related("delivery")
        .defer("delivery__inline")
        .annotate(held_at=Now())
        .order_by("position")
    )
    found = list(rows)
    if not found:
        raise Delivery.DoesNotExist
    delivery, at = found[0].delivery, found[0].held_at
    recipients: list[Recipient] = [*found]
    for recipient in recipients:
        recipient.delivery = delivery  # one object for all
    return Held(delivery, recipients, at)
