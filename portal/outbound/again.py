"""Put a delivery in the queue: with newly frozen bytes, or the same bytes again for whom they did not reach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from portal.mail.addresses import key_of
from portal.mailboxes.models import Mailbox
from portal.outbound.claims import WAKE
from portal.outbound.models import Delivery, DeliveryEvent, DeliveryState, Draft, Recipient
from portal.outbound.retry import GIVE_UP_AFTER
from portal.outbound.rows import Held
from portal.team.models import User
from portal.vault.index import fingerprint
from tenants.wakeups import wake


def address_mark(address: str) -> str:
    """What a recipient's address is found by."""
    return fingerprint("recipient", key_of(address))


def enqueue(
    raw: bytes,
    *,
    mailbox: Mailbox,
    message_id: UUID | None,
    addresses: Iterable[str],
    author: User | None,
    idempotency_key: UUID,
    draft: Draft | None,
    at: datetime,
    leaves_at: datetime,
    to_page: bool = False,
) -> Delivery:
    """Add a delivery of `raw`, due at `leaves_at`, and its wake-up, in the caller's transaction. `at` is now.

    `to_page`: it is shown on a tracking page, and no server is ever asked.
    """
    delivery = Delivery(
        mailbox=mailbox,
        message_id=message_id,
        author=author,
        draft=draft,
        idempotency_key=idempotency_key,
        queued_at=at,
        next_at=leaves_at,
        give_up_at=leaves_at + GIVE_UP_AFTER,
        to_page=to_page,
    )
    delivery.put_blob(raw)
    delivery.save(force_insert=True)
    Recipient.objects.bulk_create(
        Recipient(
            delivery=delivery, position=position, address=address, address_fingerprint=address_mark(address)
        )
        for position, address in enumerate(addresses)
    )
    DeliveryEvent.objects.create(delivery=delivery, before="", after=DeliveryState.QUEUED, epoch=0)
    wake(WAKE, leaves_at)
    return delivery


def send_again(held: Held, recipients: Iterable[Recipient], *, by: User | None) -> Delivery:
    """The same bytes, with the same Message-ID, to these recipients of a delivery, now."""
    old = held.delivery
    return enqueue(
        old.read_blob(),
        mailbox=old.mailbox,
        message_id=old.message_id,
        addresses=[recipient.address for recipient in recipients],
        author=by,
        idempotency_key=uuid4(),
        draft=None,
        at=held.at,
        leaves_at=held.at,
        to_page=old.to_page,
    )
