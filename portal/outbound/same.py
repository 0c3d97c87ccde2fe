"""Ask before the same words go to the same person twice within minutes (security 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from portal.lib.ids import first_id_of
from portal.lib.prepared import prepared
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
    since, words = first_id_of(timezone.now() - WITHIN), text.split()
    marks = {address_mark(address.address) for address in to}
    for recipient in (each for mark in sorted(marks) for each in _written_to(mark, since)):
        message = recipient.delivery.message
        if message is not None and _said(message.text.split(), recipient, message.author, words):
            raise SameMessageAgain(recipient.address, recipient.delivery.queued_at)


@prepared
def _written_to(mark: str, since: UUID) -> QuerySet[Recipient]:
    return (
        # Keys are in order of time, so this reads only the rows of the last minutes.
        Recipient.objects.filter(pk__gte=since)
        .filter(address_fingerprint=mark, delivery__message__isnull=False)
        .exclude(delivery__state=DeliveryState.CANCELLED)
        .select_related("delivery__message__author", "delivery__mailbox")
        .defer(
            *("delivery__inline", "delivery__message__tokens", "delivery__message__headers"),
            *("delivery__mailbox__credentials", "delivery__mailbox__trust_pem", "delivery__mailbox__crl_pem"),
        )
        .order_by("-pk")[:MOST_LOOKED_AT]
    )


def _said(there: list[str], recipient: Recipient, author: User | None, words: list[str]) -> bool:
    """Whether it said these words, under whatever signature they have."""
    signature = signature_for(recipient.delivery.mailbox, author) if author else ""
    return there in (words, words + signature.split())
