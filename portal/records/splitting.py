"""Take a message that fell into the wrong conversation out of it, alone or with what follows: it has one of its own.

Whose the new conversation is, the message itself says: its sender, not the one into whose conversation it fell. Later
answers find it there, for they name a message that is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import bulk, counters
from portal.conversations.blocked_models import BlockedSender
from portal.conversations.bulk import call_back
from portal.conversations.bulk_models import Batch, BatchAct
from portal.conversations.locking import StaleVersion, tell_changed
from portal.conversations.matching import correspondent_mark, subject_mark
from portal.conversations.models import Conversation, ConversationKind, Message, MessageKind
from portal.conversations.moving import SPLIT, SPLIT_OFF, UNDONE, say
from portal.conversations.people import addresses_of, takes_part
from portal.conversations.reading import mark_anew, openers, readers_since
from portal.lib.ids import made_at
from portal.mail.addresses import Address
from portal.mail.subjects import display_subject
from portal.outbound.models import Delivery, Draft, DraftState
from portal.patients.identity import identify
from portal.prescriptions.models import Prescription
from portal.records.halves import (
    Parts,
    answered_by,
    carry,
    everybody,
    follow_notices,
    hold,
    ids,
    keep_hours,
    mails_of,
    people_in,
    recount,
)
from portal.records.joining import BY_FORM, pour
from portal.records.restoring import all_of, restore, wake_for

if TYPE_CHECKING:
    from portal.team.models import User

NOTHING_LEFT = (
    "Rien ne resterait dans cet échange : choisissez un message plus récent, ou séparez ce message seul."
)


class CannotSplit(Exception):
    """`str()` is why, in French."""


@dataclass(frozen=True, slots=True)
class Going:
    """What would go with a message: itself and, unless it goes alone, what came after it."""

    mails: tuple[Message, ...]
    notes: tuple[Message, ...]


def what_goes(message: Message, *, alone: bool) -> Going:
    """Without the lines of what the team did, which are the story of where it was done."""
    return _going(mails_of(message.conversation), message, alone=alone)


def split(message: Message, *, alone: bool, by: User, version: int) -> tuple[Conversation, Batch]:
    """Give it a conversation of its own, the first of the two that are returned being that.

    Raises:
        StaleVersion: its conversation has moved since `version` was on screen.
        CannotSplit: see there.
    """
    with transaction.atomic():
        kept = hold({message.conversation_id: version})[message.conversation_id]
        if kept.kind == ConversationKind.FORM:
            raise CannotSplit(BY_FORM)
        mails = mails_of(kept)
        going = _going(mails, message, alone=alone)
        gone = {mail.pk for mail in going.mails}
        left = [mail for mail in mails if mail.pk not in gone]
        if message.pk not in gone:  # it was split off already, or is none
            raise StaleVersion
        if not left:
            raise CannotSplit(NOTHING_LEFT)
        was, before = all_of(kept), counters.counted(kept)
        new = _begun(kept, going.mails)
        new.save(force_insert=True)
        parts = _parts(kept, mails, going, alone=alone)
        carry(parts, new)
        _named_again(kept, left)
        _settle(kept, new)
        follow_notices(kept, new, going.notes)
        say(kept, SPLIT, by=by, parts={"there": str(new.pk)})
        say(new, SPLIT_OFF, by=by, parts={"there": str(kept.pk)})
        counters.move(before, counters.counted(kept) + counters.counted(new))
        done = {"kept": was, "new": str(new.pk), "versions": [kept.version, new.version]}
        batch = bulk.keep(BatchAct.SPLIT, by, [done], [])
        wake_for(kept)
        wake_for(new)
        detail = f"new={new.pk} messages={len(parts.messages)}"
        record(Event.CONVERSATION_SPLIT, by=by, on=("conversation", kept.pk), detail=detail)
    return new, batch


def undo_split(batch: Batch, *, by: User) -> Conversation:
    """As it was before the split; nothing has moved since, in either.

    Raises:
        TooLate, StaleVersion: as `undo_join`.
    """
    with transaction.atomic():
        call_back(batch, by=by)
        done = batch.done[0]
        kept_id, new_id = UUID(done["kept"]["id"]), UUID(done["new"])
        held = hold(dict(zip((kept_id, new_id), done["versions"], strict=True)))
        kept, new = held[kept_id], held[new_id]
        Message.objects.filter(conversation=new, what=SPLIT_OFF).delete()
        pour(new, kept)
        before = counters.counted(kept)
        restore(kept, done["kept"])
        counters.move(before, counters.counted(kept))
        say(kept, UNDONE, by=by)
        wake_for(kept)
        record(Event.CONVERSATION_UNDO, by=by, on=("conversation", kept.pk), detail="act=split")
    return kept


def _going(mails: Sequence[Message], message: Message, *, alone: bool) -> Going:
    here = next((mail for mail in mails if mail.pk == message.pk), None)
    if here is None:
        return Going((), ())
    if alone:
        return Going((here,), ())
    notes = Message.objects.filter(conversation=message.conversation_id, kind=MessageKind.NOTE).defer(
        "tokens", "text"
    )
    return Going(
        tuple(mail for mail in mails if _key(mail) >= _key(here)),
        tuple(note for note in notes.order_by("at", "id") if _key(note) > _key(here)),
    )


def _key(message: Message) -> tuple[object, ...]:
    return (message.at, message.pk)


def _begun(kept: Conversation, mails: Sequence[Message]) -> Conversation:
    first = mails[0]
    subject = str(first.headers.get("subject", ""))
    new = Conversation(
        mailbox=kept.mailbox,
        state=kept.state,
        snoozed_until=kept.snoozed_until,
        snoozed_by_id=kept.snoozed_by_id,
        assignees=list(kept.assignees),
        labels=list(kept.labels),
        unopened_since=kept.unopened_since,
        subject_fingerprint=subject_mark(subject),
        subject=display_subject(subject),
        last_message_at=first.at,
        version=kept.version,
    )
    _name_after(new, first, like=kept)
    return new


def _name_after(held: Conversation, first: Message, *, like: Conversation) -> None:
    """Whose it is: who wrote its first message, or was written to. Of somebody else nothing is taken over."""
    them = everybody(first)
    who = them[0] if them else Address("", "")
    mark = correspondent_mark(who.key)
    if mark == like.correspondent_fingerprint:
        held.kind, held.patient = like.kind, like.patient
    else:
        held.kind = ConversationKind.PATIENT if who.is_patient() else ConversationKind.PROFESSIONAL
        held.patient = identify(who).patient if first.kind == MessageKind.RECEIVED else None
    held.correspondent_fingerprint = mark
    held.blocked = BlockedSender.objects.filter(mailbox=held.mailbox_id, fingerprint=mark).exists()
    held.people = [{"label": who.label, "address": who.address}]


def _named_again(kept: Conversation, mails: Sequence[Message]) -> None:
    """What is left is named as before, unless that person has no part in it any more."""
    first, *_ = [*addresses_of(kept.people), Address("", "")]
    there = [{"label": each.label, "address": each.address} for mail in mails for each in everybody(mail)]
    if not takes_part(first.key, there):
        _name_after(kept, mails[0], like=kept)
    kept.people = people_in(mails, kept)


def _parts(kept: Conversation, mails: Sequence[Message], going: Going, *, alone: bool) -> Parts:
    """A draft goes with the message that it was begun to answer, what was sent with its message."""
    gone = {mail.pk for mail in going.mails}
    papers = Prescription.objects.filter(conversation=kept)
    theirs = list(ids(papers.filter(message__in=gone)))
    if not alone:
        theirs += ids(papers.filter(message=None, opened_at__gte=going.mails[0].at))
    return Parts(
        (*gone, *(note.pk for note in going.notes)),
        tuple(
            draft.pk for draft in Draft.objects.filter(conversation=kept) if _goes_with(draft, mails) in gone
        ),
        tuple(theirs),
    )


def _goes_with(draft: Draft, mails: Sequence[Message]) -> UUID | None:
    if draft.state == DraftState.SENT:
        left = Delivery.objects.filter(draft=draft).only("message").first()
        return left.message_id if left else None
    return answered_by(draft, mails)


def _settle(kept: Conversation, new: Conversation) -> None:
    """Each counts what it holds; whoever had opened the newest message of one has read that one."""
    failed, unopened, closed = kept.failed, kept.unopened, kept.closed_at
    seen, among = kept.received_version, openers(kept)
    mails = {held: recount(held, failed=failed) for held in (kept, new)}
    read = {held: _who_read(mails[held], kept) for held in (kept, new)}
    for held in (kept, new):
        held.people = people_in(mails[held], held)
        held.closed_at = closed if any(mail.ends_exchange for mail in mails[held]) else None
        held.unopened = unopened and held.last_received_at is not None and not read[held]
        held.version += 1
        mark_anew(held, read[held], among=among)
    if failed and not (kept.failed or new.failed):
        kept.failed = True
    if closed and not (kept.closed_at or new.closed_at):
        kept.closed_at = closed
    for held in (new, kept):
        held.save()
        keep_hours(held, seen)
        tell_changed(held)


def _who_read(mails: Sequence[Message], together: Conversation) -> dict[UUID, datetime]:
    """Who had opened it when the newest of these that came in was there."""
    received = [made_at(mail.pk) for mail in mails if mail.kind == MessageKind.RECEIVED]
    return readers_since(together, max(received)) if received else {}
