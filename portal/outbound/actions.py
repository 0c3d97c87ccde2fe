"""What people do with messages that leave: send, take back, settle a doubt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.actions import file_sent
from portal.conversations.models import ConversationKind, Message
from portal.conversations.withdrawal import withdraw_sent
from portal.mail.addresses import Address
from portal.mailboxes.actions import database_now
from portal.mailboxes.models import MailboxState
from portal.outbound import drafts
from portal.outbound.addressees import Refusal, Refused, check_recipients
from portal.outbound.again import enqueue, send_again
from portal.outbound.attention import settle_attention
from portal.outbound.freezing import Frozen, freeze
from portal.outbound.models import Delivery, DeliveryState, Draft, DraftState, RecipientState
from portal.outbound.rows import Held, hold
from portal.outbound.same import refuse_same
from portal.outbound.states import transition
from portal.team.models import User

EMPTY = "Le message est vide."
PAUSED = "La boîte est en pause : rien n’en part pour le moment."
CLOSED = (
    "L’échange avec ce patient a été clos : il ne peut plus répondre ici, et une réponse ne partirait pas. "
    "S’il écrit de nouveau, vous pourrez lui répondre."
)
NO_PATIENT = "Seul l’échange avec un patient peut être clos."
TOO_BIG = "Le message est trop gros : retirez un fichier ou envoyez-le en plusieurs fois."


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
) -> Delivery:
    """Freeze a draft and put it in the queue; it leaves UNDO_SECONDS later. The same key again finds the same row.

    `version` is that of the conversation on screen (any for a new one); `confirmed` sends what was just sent;
    `ends_exchange` closes the exchange with a patient, who can then answer no more (mssante 3.2).

    Raises:
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
        StaleDraft: other words were saved since `draft` was read: nobody has seen what would leave.
        Refused: with the reasons, by recipient.
        SameMessageAgain: the same words went to the same person minutes ago, and `confirmed` is not set.
        StaleVersion: the conversation has moved: nothing was sent, show what is new.
        Unsendable: a value would break out of its place in the header.
    """
    with transaction.atomic():
        kept = drafts.hold_draft(draft, by=by)  # a second click waits here
        done = Delivery.objects.defer("inline").filter(idempotency_key=idempotency_key, author=by).first()
        if done:
            return done
        if kept.state != DraftState.OPEN:
            raise drafts.NoSuchDraft(kept.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        to = _checked(kept, ends_exchange=ends_exchange)
        if not confirmed:
            refuse_same(kept.text, to)
        at = database_now()
        frozen = freeze(kept, mailbox=kept.mailbox, to=to, at=at, ends_exchange=ends_exchange)
        if len(frozen.raw) > settings.MAX_MESSAGE_BYTES:
            raise Refused([Refusal("", TOO_BIG)])
        return _enqueue(kept, frozen, by=by, key=idempotency_key, version=version)


def undo(delivery: Delivery, *, by: User) -> Draft | None:
    """Take back what has not left: its words and files go into an open draft of its author, which is returned.

    None when there is no draft to open: it was sent again from its frozen bytes. Recipients that an earlier try
    reached keep the message, and are not in the draft.

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
        draft = _give_back(held, only=[recipient.address for recipient in waiting] if reached else None)
        if draft is not None and not reached:
            _take_out(held.delivery)
        record(Event.DELIVERY_CANCEL, by=by, on=("delivery", delivery.pk))
    return draft


def rewrite(delivery: Delivery, *, by: User) -> Draft | None:
    """Put the words and files of a failed delivery into an open draft of its author, for whom it did not reach.

    None when they went into a draft already, or it was sent from frozen bytes.
    """
    with transaction.atomic():
        held = hold(delivery.pk)
        if held.delivery.state != DeliveryState.FAILED:
            raise TooLate(delivery.pk)
        draft = _give_back(held, only=None)
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


def _checked(draft: Draft, *, ends_exchange: bool) -> tuple[Address, ...]:
    conversation = draft.conversation
    if conversation and conversation.closed_at:
        raise Refused([Refusal("", CLOSED)])
    if ends_exchange and (conversation is None or conversation.kind != ConversationKind.PATIENT):
        raise Refused([Refusal("", NO_PATIENT)])
    if draft.mailbox.state == MailboxState.PAUSED:
        raise Refused([Refusal("", PAUSED)])
    if not draft.text.strip() and not draft.files.exists():
        raise Refused([Refusal("", EMPTY)])
    return check_recipients(draft.recipients, conversation)


def _enqueue(draft: Draft, frozen: Frozen, *, by: User, key: UUID, version: int | None) -> Delivery:
    at = frozen.mail.date
    message = file_sent(
        draft.conversation,
        mailbox=draft.mailbox,
        by=by,
        at=at,
        headers=frozen.headers,
        text=frozen.mail.text,
        message_id=frozen.mail.message_id,
        attachments=frozen.files,
        people=frozen.mail.to,
        version=version if draft.conversation_id else None,
    )
    draft.state = DraftState.SENT
    draft.save(update_fields=["state", "updated_at"])
    delivery = enqueue(
        frozen.raw,
        mailbox=draft.mailbox,
        message_id=message.pk,
        addresses=[address.address for address in frozen.mail.to],
        author=by,
        idempotency_key=key,
        draft=draft,
        at=at,
        leaves_at=at + timedelta(seconds=settings.UNDO_SECONDS),
    )
    detail = f"recipients={len(frozen.mail.to)} files={len(frozen.files)}"
    record(Event.MESSAGE_SEND, by=by, on=("delivery", delivery.pk), detail=detail)
    if message.ends_exchange:
        record(Event.EXCHANGE_CLOSE, by=by, on=("conversation", message.conversation_id))
    return delivery


def _give_back(held: Held, *, only: list[str] | None) -> Draft | None:
    """Open the draft again, perhaps only for some of its recipients; its delivery lets go of it."""
    if held.delivery.draft_id is None:
        return None
    draft = Draft.objects.select_for_update().get(pk=held.delivery.draft_id)
    Delivery.objects.filter(pk=held.delivery.pk).update(draft=None)
    if only is not None:
        draft.recipients = only
        draft.save(update_fields=["recipients", "updated_at"])
    return drafts.reopen(draft)


def _take_out(delivery: Delivery) -> None:
    """Nobody has it: the conversation shows no message that was not sent."""
    message = Message.objects.get(deliveries=delivery)
    Delivery.objects.filter(pk=delivery.pk).update(message=None)
    withdraw_sent(message)


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
