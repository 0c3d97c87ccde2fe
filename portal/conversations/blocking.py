"""File apart what a professional sender writes, and bring it all back: kept always, never counted, never announced.

Patients are not blocked: to write to the pharmacy by Mon espace santé is their right, and a message of care that nobody
saw would be worse than any nuisance.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import counters
from portal.conversations.blocked_models import BlockedSender
from portal.conversations.locking import locked
from portal.conversations.matching import correspondent_mark
from portal.conversations.models import Conversation, ConversationKind
from portal.conversations.moving import BLOCKED, UNBLOCKED, write_move
from portal.lib.text import one_line
from portal.mail.addresses import Address
from portal.vault.fields import SealedQuerySet

if TYPE_CHECKING:
    from portal.team.models import User

CHUNK = 100  # conversations of one transaction (architecture 7, Audit)
LONGEST_REASON = 200
# Held by whoever files a mail of this sender, or blocks it, from the first look to the commit.
HOLD = "SELECT pg_advisory_xact_lock{shared}(hashtextextended(%s, 0))"


class NotBlockable(Exception):
    """A patient, a request of the form, or nobody with an address."""


class NoReason(Exception):
    """Colleagues are told why."""


def blocked_since(sender: Address, mailbox_id: UUID) -> datetime | None:
    """Since when what this address writes to this mailbox is filed apart: two statements, none for a patient's.

    In the transaction that files the mail: nobody blocks or unblocks the sender until its end.
    """
    if not sender.key or sender.is_patient():
        return None
    mark = correspondent_mark(sender.key)
    _hold(mailbox_id, mark, shared="_shared")
    known = BlockedSender.objects.filter(mailbox=mailbox_id, fingerprint=mark).only("at").first()
    return known.at if known else None


def goes_apart(conversation: Conversation, since: datetime | None) -> bool:
    """Whether a mail of a sender that is blocked `since` then is filed apart: but for an answer to what the team has
    written there since, which somebody waits for.
    """
    if since is None:
        return False
    return conversation.last_sent_at is None or conversation.last_sent_at < since


def may_be_blocked(conversation: Conversation) -> bool:
    """Whether its correspondent is a professional with an address."""
    if conversation.kind != ConversationKind.PROFESSIONAL or conversation.patient_id is not None:
        return False
    person = conversation.people[0] if conversation.people else None
    if person is None or not conversation.correspondent_fingerprint:
        return False
    return not Address(person["label"], person["address"]).is_patient()


def block(conversation: Conversation, *, reason: str, by: User) -> BlockedSender:
    """Have what the correspondent of this conversation writes filed apart, and all its conversations with it.

    A second click finds the first one's.

    Raises:
        NotBlockable, NoReason: see there.
    """
    why = one_line(reason, LONGEST_REASON)
    if not may_be_blocked(conversation):
        raise NotBlockable
    if not why:
        raise NoReason
    mark, person = conversation.correspondent_fingerprint, conversation.people[0]
    with transaction.atomic():
        _hold(conversation.mailbox_id, mark)
        known = blocked_sender(conversation)
        if known is not None:
            return known
        blocked = BlockedSender.objects.create(
            mailbox_id=conversation.mailbox_id,
            fingerprint=mark,
            address=person["address"],
            label=person["label"],
            reason=why,
            by=by,
        )
        record(Event.SENDER_BLOCK, by=by, on=("sender", blocked.pk))
    _put(blocked, apart=True, by=by)
    return blocked


def unblock(blocked: BlockedSender, *, by: User) -> None:
    """Nothing is filed apart any more, and all that was is where it would have been."""
    with transaction.atomic():
        _hold(blocked.mailbox_id, blocked.fingerprint)
        gone, _ = _same(blocked).delete()
        if not gone:
            return
        record(Event.SENDER_UNBLOCK, by=by, on=("sender", blocked.pk))
    _put(blocked, apart=False, by=by)


def blocked_sender(conversation: Conversation) -> BlockedSender | None:
    """Why what its correspondent writes is filed apart, and who said so."""
    found = BlockedSender.objects.filter(
        mailbox=conversation.mailbox_id, fingerprint=conversation.correspondent_fingerprint
    )
    return found.select_related("by").first()


def _put(blocked: BlockedSender, *, apart: bool, by: User) -> None:
    """Should we be cut short, the sender's next mail or a second click does the rest."""
    theirs = Conversation.objects.filter(
        mailbox=blocked.mailbox_id, correspondent_fingerprint=blocked.fingerprint, merged_into=None
    )
    while some := sorted(theirs.filter(blocked=not apart).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            _hold(blocked.mailbox_id, blocked.fingerprint)
            if _same(blocked).exists() != apart:
                return  # somebody said the contrary meanwhile
            for held in [locked(pk) for pk in some]:  # all of them before any count moves
                before = counters.counted(held)
                held.blocked = apart
                write_move(held, before, what=BLOCKED if apart else UNBLOCKED, by=by)


def _same(blocked: BlockedSender) -> SealedQuerySet[BlockedSender]:
    return BlockedSender.objects.filter(mailbox=blocked.mailbox_id, fingerprint=blocked.fingerprint)


def _hold(mailbox_id: UUID, mark: str, *, shared: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD.format(shared=shared), [f"{mailbox_id} {mark}"])
