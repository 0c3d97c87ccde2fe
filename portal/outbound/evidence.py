"""Clear a doubt when something proves that the message left (security 3.1); nothing else may."""

from __future__ import annotations

from portal.audit.actions import record
from portal.audit.events import Event
from portal.outbound.again import send_again
from portal.outbound.attention import settle_attention
from portal.outbound.models import DeliveryState, RecipientState
from portal.outbound.rows import Held
from portal.outbound.states import transition


def clear_doubt(held: Held, *, proof: str) -> None:
    """Call a delivery in doubt sent once none of its recipients is in doubt; in the caller's transaction, last.

    Each recipient needs a proof of its own: which of them the server had accepted died with the worker. Those
    refused for now are written to again, as they certainly have nothing yet.
    """
    delivery = held.delivery
    if delivery.state != DeliveryState.UNCERTAIN or held.standing(RecipientState.UNCERTAIN):
        return
    transition(delivery, DeliveryState.SENT, code=proof, done_at=held.at)
    settle_attention(delivery)
    waiting = held.standing(RecipientState.PENDING)
    if waiting:
        send_again(held, waiting, by=None)
    record(Event.DELIVERY_SENT, by=None, on=("delivery", delivery.pk), detail=f"proof={proof}")
