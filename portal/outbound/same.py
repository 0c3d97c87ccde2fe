"""Ask before the same words go to the same person twice within minutes (security 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from portal.lib.ids import first_id_of
from portal.mail.addresses import Address
from portal.outbound.again import address_mark
from portal.outbound.models import DeliveryState, Recipient
from portal.outbound.signing import signature_for
from portal.team.models import User

WITHIN = timedelta(minutes=10)
MOST_LOOKED_AT = 50


class SameMessageAgain(Exception):
    """The same text left for `address` at `at`; whoever means it sends it with `confirmed`."""

    def __init__(self, address: str, at: datetime) -> None:
        super().__init__("the same words to the same person")
        self.address = address
        self.at = at


def refuse_same(text: str, to: Sequence[Address]) -> None:
    """Raises:
    SameMessageAgain: these words were queued for one of these people in the last ten minutes, and not undone.
    """
    marks = {address_mark(address.address) for address in to}
    recent = (
        # Keys are in order of time, so this reads only the rows of the last minutes.
        Recipient.objects.filter(pk__gte=first_id_of(timezone.now() - WITHIN))
        .filter(address_fingerprint__in=marks, delivery__message__isnull=False)
        .exclude(delivery__state=DeliveryState.CANCELLED)
        .select_related("delivery__message__author", "delivery__mailbox")
        .defer(
            *("delivery__inline", "delivery__message__tokens", "delivery__message__headers"),
            *("delivery__mailbox__credentials", "delivery__mailbox__trust_pem", "delivery__mailbox__crl_pem"),
        )
        .order_by("-pk")[:MOST_LOOKED_AT]
    )
    words = text.split()
    for recipient in recent:
        message = recipient.delivery.message
        if message is not None and _said(message.text.split(), recipient, message.author, words):
            raise SameMessageAgain(recipient.address, recipient.delivery.queued_at)


def _said(there: list[str], recipient: Recipient, author: User | None, words: list[str]) -> bool:
    """Whether it said these words, under whatever signature they have."""
    signature = signature_for(recipient.delivery.mailbox, author) if author else ""
    return there in (words, words + signature.split())
