"""What people do with messages that leave: send, take back, settle a doubt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.models import Message
from portal.conversations.withdrawal import withdraw_sent
from portal.lib.prepared import prepared
from portal.outbound import drafts
from portal.outbound.again import send_again
from portal.outbound.approval import count, put_before_pharmacists
from portal.outbound.attention import settle_attention
from portal.outbound.leaving import put_in_queue
from portal.outbound.models import Delivery, DeliveryState, Draft, DraftState, RecipientState
from portal.outbound.rows import Held, hold
from portal.outbound.states import transition
from portal.outbound.templating import refuse_unapproved, refuse_unfilled
from portal.team.models import User


class TooLate(Exception):
    """The message is leaving, or has left: it cannot be taken back."""


class AlreadySettled(Exception):
    """The message is not in doubt any more: a colleague decided, or a report came."""


class Decision(StrEnum):
    """What a person says of a message that may or may not have left."""

    SENT_CONFIRMED = "sent-confirmed"
    RESEND = "resend"
    ABANDONED = "abandoned"


def queue(
    draft: Draft,
    *,
    by: User,
    idempotency_key: UUID,
    version: int | None,
    confirmed: bool = False,
    ends_exchange: bool = False,
    sure: Collection[str] | None = None,
) -> Delivery:
    """Freeze a draft and put it in the queue; it leaves UNDO_SECONDS later. The same key again finds the same row.

    `version` is that of the conversation on screen (any for a new one); `confirmed` sends what was just sent;
    `ends_exchange` closes the exchange with a patient, who can then answer no more (mssante 3.2); `sure` are the
    addresses that `by` confirmed for a first message, None where nobody typed any.

    Raises:
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
        StaleDraft: other words were saved since `draft` was read: nobody has seen what would leave.
        Unfilled: its template has a blank that is empty or wrong.
        NeedsPharmacist: `by` may not send these words alone; they are to be submitted.
        Refused: with the reasons, by recipient.
        FirstContact: somebody of them was never exchanged with, and is not among `sure`.
        SameMessageAgain: the same words went to the same person minutes ago, and `confirmed` is not set.
        StaleVersion: the conversation has moved: nothing was sent, show what is new.
        Unsendable: a value would break out of its place in the header.
    """
    with transaction.atomic():
        kept = drafts.hold_draft(draft, by=by)  # a second click waits here
        done = _queued.first(idempotency_key, by.pk)
        if done:
            return done
        if kept.state != DraftState.OPEN:
            raise drafts.NoSuchDraft(kept.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        refuse_unfilled(kept)
        refuse_unapproved(kept, by)
        return put_in_queue(
            kept,
            by=by,
            key=idempotency_key,
            version=version,
            confirmed=confirmed,
            ends_exchange=ends_exchange,
            sure=sure,
        )


@prepared
def _queued(key: UUID, author: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.defer("inline").filter(idempotency_key=key, author=author)


def undo(delivery: Delivery, *, by: User) -> Draft | None:
    """Take back what has not left: its words and files are a draft again, which is returned.

    Its author's open one, if she takes back what she sent herself. Otherwise it stands before the pharmacists,
    where everybody sees it: what one of them had let leave is where it came from, and a colleague's words are not
    put away into the author's own drawer. None when there is no draft: it was sent again from its frozen bytes.
    Recipients that an earlier try reached keep the message, and are not in the draft.

    Raises:
        TooLate: it is leaving, or has left.
    """
    with transaction.atomic():
        held = hold(delivery.pk)
        waiting = held.standing(RecipientState.PENDING)
        if held.delivery.state not in (DeliveryState.QUEUED, DeliveryState.RETRY_WAIT) or not waiting:
            raise TooLate(delivery.pk)
        for recipient in waiting:
            held.settle(recipient, RecipientState.CANCELLED, code="")
        transition(held.delivery, DeliveryState.CANCELLED, done_at=held.at)
        reached = len(waiting) < len(held.recipients)
        only = [recipient.address for recipient in waiting] if reached else None
        draft = _give_back(held, only=only, by=by)
        if draft is not None and not reached:
            _take_out(held.delivery, by)
        _count(draft)
        record(Event.DELIVERY_CANCEL, by=by, on=("delivery", delivery.pk))
    return draft


def rewrite(delivery: Delivery, *, by: User) -> Draft | None:
    """Put the words and files of a failed delivery into a draft again, for whom it did not reach; as `undo`.

    None when they went into a draft already, or it was sent from frozen bytes.
    """
    with transaction.atomic():
        held = hold(delivery.pk)
        if held.delivery.state != DeliveryState.FAILED:
            raise TooLate(delivery.pk)
        draft = _give_back(held, only=None, by=by)
        _count(draft)
        record(Event.DELIVERY_REWRITE, by=by, on=("delivery", delivery.pk))
    return draft


def resolve_uncertain(delivery: Delivery, *, by: User, decision: Decision) -> Delivery:
    """A person says what became of a message in doubt; returns the delivery that counts from now on.

    SENT_CONFIRMED: it left. RESEND: a new delivery of the same bytes, with the same Message-ID, to whom it is
    doubtful for. ABANDONED: it is left at that.

    Raises:
        AlreadySettled: it is in doubt no more.
    """
    with transaction.atomic():
        held = hold(delivery.pk)
        if held.delivery.state != DeliveryState.UNCERTAIN:
            raise AlreadySettled(delivery.pk)
        return _SETTLED[decision](held, by)


def _give_back(held: Held, *, only: list[str] | None, by: User) -> Draft | None:
    """Make it a draft again, perhaps only for some of its recipients; its delivery lets go of it."""
    if held.delivery.draft_id is None:
        return None
    draft = Draft.objects.select_for_update().get(pk=held.delivery.draft_id)
    Delivery.objects.filter(pk=held.delivery.pk).update(draft=None)
    if only is not None:
        draft.recipients = only
        draft.save(update_fields=["recipients", "updated_at"])
    if draft.author_id == by.pk and draft.submitted_at is None:
        return drafts.reopen(draft)
    draft.version += 1
    put_before_pharmacists(draft, by=draft.submitted_by or by)
    return draft


def _count(draft: Draft | None) -> None:
    if draft is not None and draft.state == DraftState.SUBMITTED:
        count(draft, 1)


def _take_out(delivery: Delivery, by: User) -> None:
    """Nobody has it: the conversation shows no message that was not sent."""
    message = Message.objects.get(deliveries=delivery)
    Delivery.objects.filter(pk=delivery.pk).update(message=None)
    withdraw_sent(message, by=by)


def _confirm(held: Held, by: User) -> Delivery:
    delivery = held.delivery
    for recipient in held.standing(RecipientState.UNCERTAIN):
        held.settle(recipient, RecipientState.ACCEPTED, code="confirmed")
    transition(delivery, DeliveryState.SENT_CONFIRMED, done_at=held.at)
    settle_attention(delivery)
    waiting = held.standing(RecipientState.PENDING)
    if waiting:
        delivery = send_again(held, waiting, by=by)
    record(Event.DELIVERY_CONFIRM, by=by, on=("delivery", held.delivery.pk))
    return delivery


def _resend(held: Held, by: User) -> Delivery:
    transition(held.delivery, DeliveryState.RESENT, done_at=held.at)
    settle_attention(held.delivery)
    unsure = held.standing(RecipientState.UNCERTAIN, RecipientState.PENDING)
    delivery = send_again(held, unsure, by=by)
    detail = f"as={delivery.pk}"
    record(Event.DELIVERY_RESEND, by=by, on=("delivery", held.delivery.pk), detail=detail)
    return delivery


def _abandon(held: Held, by: User) -> Delivery:
    for recipient in held.standing(RecipientState.PENDING):
        held.settle(recipient, RecipientState.CANCELLED, code="")
    transition(held.delivery, DeliveryState.ABANDONED, done_at=held.at)
    settle_attention(held.delivery)
    record(Event.DELIVERY_ABANDON, by=by, on=("delivery", held.delivery.pk))
    return held.delivery


_SETTLED: dict[Decision, Callable[[Held, User], Delivery]] = {
    Decision.SENT_CONFIRMED: _confirm,
    Decision.RESEND: _resend,
    Decision.ABANDONED: _abandon,
}
