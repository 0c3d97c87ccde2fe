"""The last steps before the queue: what is refused, then frozen bytes and their row; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.filing import file_sent
from portal.conversations.forwarding import note_forwarded
from portal.conversations.models import ConversationKind, Message
from portal.mail.addresses import Address
from portal.mailboxes.actions import database_now
from portal.mailboxes.models import MailboxState
from portal.outbound.acquaintances import refuse_strangers
from portal.outbound.addressees import Refusal, Refused, check_recipients
from portal.outbound.again import enqueue
from portal.outbound.aside import keep_aside
from portal.outbound.freezing import Frozen, freeze
from portal.outbound.models import Delivery, Draft, DraftState
from portal.outbound.page import TELL, answered_on_page, page_of
from portal.outbound.same import refuse_same
from portal.team.models import User
from tenants.wakeups import wake

EMPTY = "Le message est vide."
PAUSED = "La boîte est en pause : rien n’en part pour le moment."
CLOSED = (
    "L’échange avec ce patient a été clos : il ne peut plus répondre ici, et une réponse ne partirait pas. "
    "S’il écrit de nouveau, vous pourrez lui répondre."
)
NO_PATIENT = "Seul l’échange avec un patient peut être clos."
TOO_BIG = "Le message est trop gros : retirez un fichier ou envoyez-le en plusieurs fois."


def check_sendable(draft: Draft, *, ends_exchange: bool = False) -> tuple[Address, ...]:
    """Whom it would go to.

    Raises:
        Refused: with the reasons, by recipient.
    """
    conversation = draft.conversation
    if conversation and conversation.closed_at:
        raise Refused([Refusal("", CLOSED)])
    if ends_exchange and (conversation is None or conversation.kind != ConversationKind.PATIENT):
        raise Refused([Refusal("", NO_PATIENT)])
    on_page = answered_on_page(conversation)
    scheduled = (
        draft.state == DraftState.SCHEDULED
    )  # it was written in time, and waits in the queue like others
    if draft.mailbox.state == MailboxState.PAUSED and not on_page and not scheduled:
        raise Refused([Refusal("", PAUSED)])
    if not draft.text.strip() and not draft.files.exists():
        raise Refused([Refusal("", EMPTY)])
    if on_page:
        return page_of(draft)
    return check_recipients(draft.recipients, conversation)


def put_in_queue(
    draft: Draft,
    *,
    by: User,
    key: UUID,
    version: int | None,
    confirmed: bool = False,
    ends_exchange: bool = False,
    sure: Collection[str] | None = None,
) -> Delivery:
    """Freeze a draft that is held, and queue it; where `by` is not its author, `by` let it leave.

    Raises:
        Refused, FirstContact, SameMessageAgain, StaleVersion, Unsendable: see `queue`.
    """
    to = check_sendable(draft, ends_exchange=ends_exchange)
    if sure is not None:
        refuse_strangers(to, draft.conversation, by=by, sure=sure)
    if not confirmed:
        refuse_same(draft.text, to)
    frozen = freeze(draft, mailbox=draft.mailbox, to=to, at=database_now(), ends_exchange=ends_exchange)
    if len(frozen.raw) > settings.MAX_MESSAGE_BYTES:
        raise Refused([Refusal("", TOO_BIG)])
    message = _filed(draft, frozen, by=by, version=version)
    delivery = _queued(draft, frozen, message, by=by, key=key)
    detail = f"recipients={len(frozen.mail.to)} files={len(frozen.files)}"
    record(Event.MESSAGE_SEND, by=by, on=("delivery", delivery.pk), detail=detail)
    if message.ends_exchange:
        record(Event.EXCHANGE_CLOSE, by=by, on=("conversation", message.conversation_id))
    if draft.forwards_id is not None:
        names = ", ".join(address.label or address.address for address in frozen.mail.to)
        note_forwarded(draft.forwards_id, sent=message, to=names, by=by)
    return delivery


def _filed(draft: Draft, frozen: Frozen, *, by: User, version: int | None) -> Message:
    return file_sent(
        draft.conversation,
        mailbox=draft.mailbox,
        by=draft.author,
        at=frozen.mail.date,
        headers=frozen.headers,
        text=frozen.mail.text,
        message_id=frozen.mail.message_id,
        attachments=frozen.files,
        people=() if answered_on_page(draft.conversation) else frozen.mail.to,
        version=version if draft.conversation_id else None,
        released_by=None if draft.author_id == by.pk else by,
        submitted=draft.state == DraftState.SUBMITTED,
    )


def _queued(draft: Draft, frozen: Frozen, message: Message, *, by: User, key: UUID) -> Delivery:
    at, on_page = frozen.mail.date, answered_on_page(draft.conversation)
    leaves_at = at + timedelta(seconds=settings.UNDO_SECONDS)
    draft.state = DraftState.SENT
    draft.save(update_fields=["state", "updated_at"])
    keep_aside(draft)
    delivery = enqueue(
        frozen.raw,
        mailbox=draft.mailbox,
        message_id=message.pk,
        addresses=[address.address for address in frozen.mail.to],
        author=by,
        idempotency_key=key,
        draft=draft,
        at=at,
        leaves_at=leaves_at,
        to_page=on_page,
    )
    if on_page:
        wake(TELL, leaves_at)
    return delivery
