"""How far a sent message is, recipient by recipient, in the words of portal/outbound/wording.py."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from portal.conversations.models import Conversation, Message
from portal.lib.prepared import prepared
from portal.mail.addresses import Address
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from portal.outbound.wording import describe
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.delivery_cards import DeliveryCard, RecipientLine, SendState
from portal.web.inbox.people import named
from portal.web.paths import path

MOVING = frozenset({DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.HANDOVER})
LET_BE = frozenset({DeliveryState.RESENT, DeliveryState.ABANDONED})
WAITING: dict[str, SendState] = {
    DeliveryState.CLAIMED: "sending",
    DeliveryState.HANDOVER: "sending",
    DeliveryState.RETRY_WAIT: "retry",
    DeliveryState.UNCERTAIN: "retry",
}
DECIDED: dict[str, SendState] = {
    RecipientState.ACCEPTED: "accepted",
    RecipientState.DELAYED: "retry",
    RecipientState.DELIVERED: "delivered",
    RecipientState.FAILED: "failed",
    RecipientState.CANCELLED: "cancelled",
}
Sent = Mapping[UUID | None, list[Recipient]]


def sent_in(conversation: Conversation) -> Sent:
    """The recipients of every message of a conversation, by message, oldest delivery first; one query."""
    by_message: dict[UUID | None, list[Recipient]] = defaultdict(list)
    for recipient in _recipients(conversation.pk):
        recipient.delivery.mailbox = conversation.mailbox
        by_message[recipient.delivery.message_id].append(recipient)
    return by_message


@prepared
def _recipients(conversation: UUID) -> QuerySet[Recipient]:
    return (
        Recipient.objects.filter(delivery__message__conversation=conversation)
        .select_related("delivery")
        .defer("delivery__inline")
        .order_by("delivery__queued_at", "delivery_id", "position")
    )


def delivery_card(
    message: Message, recipients: Iterable[Recipient], *, me: User, now: datetime
) -> DeliveryCard | None:
    """What stands under a message: for each recipient its newest copy. None: it never was in the queue."""
    newest = {recipient.address_fingerprint: recipient for recipient in recipients}
    if not newest:
        return None
    deliveries = {recipient.delivery_id: recipient.delivery for recipient in newest.values()}
    told = _to_act_on(deliveries.values())
    labels = _labels(message)
    seconds = _seconds_left(told, now)
    moves = any(delivery.state in MOVING for delivery in deliveries.values())
    return DeliveryCard(
        id=told.pk,
        recipients=tuple(_line(recipient, labels, now) for recipient in newest.values()),
        may_undo=seconds > 0,
        seconds_left=seconds,
        may_decide=told.state == DeliveryState.UNCERTAIN and allows(me, Permission.RESOLVE_UNCERTAIN),
        may_rewrite=told.state == DeliveryState.FAILED and told.draft_id is not None,
        refresh_url=path("delivery", told.pk) if moves else "",
    )


def _to_act_on(deliveries: Iterable[Delivery]) -> Delivery:
    """The one in doubt, if there is one; else the last."""
    every = list(deliveries)
    doubtful = [delivery for delivery in every if delivery.state == DeliveryState.UNCERTAIN]
    return (doubtful or every)[-1]


def _line(recipient: Recipient, labels: Mapping[str, str], now: datetime) -> RecipientLine:
    address = Address("", recipient.address)
    return RecipientLine(
        name=labels.get(address.key) or named(address),
        state=_state(recipient),
        words=describe(recipient.delivery, recipient, now=now).text,
    )


def _state(recipient: Recipient) -> SendState:
    delivery = recipient.delivery
    if recipient.state == RecipientState.UNCERTAIN:
        return "cancelled" if delivery.state in LET_BE else "uncertain"
    if recipient.state != RecipientState.PENDING:
        return DECIDED[recipient.state]
    if delivery.state == DeliveryState.QUEUED:
        return "retry" if delivery.attempt else "queued"
    return WAITING.get(delivery.state, "cancelled")


def _seconds_left(delivery: Delivery, now: datetime) -> int:
    """How long it may still be taken back for; 0 when it may not."""
    if delivery.state != DeliveryState.QUEUED or delivery.attempt:
        return 0
    return max(0, math.ceil((delivery.next_at - now).total_seconds()))


def _labels(message: Message) -> Mapping[str, str]:
    """Names by address, as they were written to."""
    people = [*message.headers.get("to", []), *message.headers.get("cc", [])]
    addresses = [Address(each["label"], each["address"]) for each in people]
    return {address.key: named(address) for address in addresses}
