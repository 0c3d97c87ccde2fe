"""Two people: one writes, a pharmacist lets it leave, corrects it, or gives it back with a note."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns
from portal.conversations.concern_models import ConcernKind
from portal.conversations.submissions import (
    SUBMITTED,
    TAKEN_BACK,
    count_answer,
    count_new_message,
    count_sent_back,
)
from portal.lib.text import many_lines
from portal.mailboxes.models import Mailbox
from portal.outbound import drafts
from portal.outbound.acquaintances import refuse_strangers
from portal.outbound.addressees import Refusal, Refused
from portal.outbound.leaving import check_sendable, put_in_queue
from portal.outbound.models import Delivery, Draft, DraftState
from portal.outbound.signing import signature_of
from portal.outbound.templating import NeedsPharmacist, refuse_unfilled
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.vault.fields import SealedQuerySet

LONGEST_NOTE = 2_000
OWN_BOX = (
    "Cette boîte est personnelle : aucun pharmacien ne peut y relire un message. "
    "Écrivez depuis la boîte de la pharmacie."
)


class NotSubmitted(Exception):
    """It waits no more, or is not this person's to see: sent, given back or taken back. They look the same."""


class EmptyNote(Exception):
    """Its author would not know what to change."""


class NoteTooLong(Exception):
    """It has more than LONGEST_NOTE characters."""


def submitted_seen_by(user: User) -> SealedQuerySet[Draft]:
    """What waits for a pharmacist in the mailboxes that this person sees, the longest first, with who wrote it."""
    seen = Mailbox.objects.seen_by(user.pk).values("id")
    waiting = Draft.objects.filter(state=DraftState.SUBMITTED, mailbox__in=seen)
    people = ("author", "submitted_by", "returned_by")
    return waiting.select_related(*people, "conversation").order_by("submitted_at", "pk")


def get_submitted(user: User, draft_id: UUID) -> Draft:
    """The only door to somebody else's draft. Raises NotSubmitted."""
    draft = submitted_seen_by(user).filter(pk=draft_id).first()
    if draft is None:
        raise NotSubmitted(draft_id)
    return draft


def submit(draft: Draft, *, by: User, version: int | None, sure: Collection[str] | None = None) -> Draft:
    """Put a draft before the pharmacists; a second click finds it there. What could not leave is refused at once.

    `version` is that of the conversation on screen, `sure` as of `queue`: who wrote the address confirms it.

    Raises:
        NoSuchDraft, StaleDraft, Unfilled, Refused, FirstContact, StaleVersion: as `queue`.
    """
    with transaction.atomic():
        kept = drafts.hold_draft(draft, by=by)
        if kept.state == DraftState.SUBMITTED and kept.version == draft.version:
            return kept
        if kept.state != DraftState.OPEN:
            raise drafts.NoSuchDraft(kept.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        if kept.mailbox.owner_id is not None:
            raise Refused([Refusal("", OWN_BOX)])
        refuse_unfilled(kept)
        to = check_sendable(kept)
        if sure is not None:
            refuse_strangers(to, kept.conversation, by=by, sure=sure)
        put_before_pharmacists(kept, by=by)
        count(kept, 1, what=SUBMITTED, by=by, version=version)
        record(Event.DRAFT_SUBMIT, by=by, on=("draft", kept.pk), detail=_detail(kept))
    return kept


def take_back(draft: Draft, *, by: User) -> Draft:
    """Its author has it again, with what she wrote since; the open draft in which it now is.

    Raises:
        NotSubmitted: a pharmacist was quicker, or it is not `by`'s.
    """
    with transaction.atomic():
        kept = _held(draft.pk)
        if kept.author_id != by.pk:
            raise NotSubmitted(kept.pk)
        count(kept, -1, what=TAKEN_BACK, by=by)
        opened = _opened_again(kept)
        record(Event.DRAFT_TAKE_BACK, by=by, on=("draft", draft.pk))
    return opened


def approve(
    draft: Draft,
    *,
    by: User,
    idempotency_key: UUID,
    version: int | None,
    text: str | None = None,
    confirmed: bool = False,
) -> Delivery:
    """A pharmacist lets it leave, corrected to `text` where that is given. The same key again finds the same row.

    `version` is that of the conversation on screen, `draft` as it was on screen.

    Raises:
        NeedsPharmacist: `by` is none.
        NotSubmitted: a colleague was quicker.
        StaleDraft: these are other words than those that were read.
        Refused, SameMessageAgain, StaleVersion, Unsendable: as `queue`; it waits on.
    """
    if not allows(by, Permission.APPROVE):
        raise NeedsPharmacist
    with transaction.atomic():
        kept = Draft.objects.select_for_update().filter(pk=draft.pk).first()  # a second click waits here
        done = Delivery.objects.defer("inline").filter(idempotency_key=idempotency_key, author=by).first()
        if done:
            return done
        if kept is None or kept.state != DraftState.SUBMITTED:
            raise NotSubmitted(draft.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        corrected = text is not None and many_lines(text) != kept.text
        if text is not None and corrected:
            drafts.rewrite_text(kept, text)
        delivery = put_in_queue(kept, by=by, key=idempotency_key, version=version, confirmed=confirmed)
        detail = f"author={kept.author_id} corrected={'yes' if corrected else 'no'}"
        record(Event.DRAFT_APPROVE, by=by, on=("draft", kept.pk), detail=detail)
    return delivery


def send_back(draft: Draft, *, by: User, note: str) -> Draft:
    """Give it back to its author with a note; the open draft in which it now is. One who has left cannot have it:
    then it is the pharmacist's.

    Raises:
        NeedsPharmacist: `by` is none.
        NotSubmitted: a colleague was quicker.
        StaleDraft: these are other words than those that were read.
        EmptyNote, NoteTooLong: see there.
    """
    said = many_lines(note).strip()
    if not allows(by, Permission.APPROVE):
        raise NeedsPharmacist
    if not said:
        raise EmptyNote
    if len(said) > LONGEST_NOTE:
        raise NoteTooLong
    with transaction.atomic():
        kept = _held(draft.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        kept.author = kept.author if kept.author.active else by
        if kept.conversation_id:
            count_sent_back(kept.conversation_id, to=kept.author, by=by)
        else:
            count_new_message(kept.mailbox_id, -1)
            told = (ConcernKind.SENT_BACK, kept.author_id)
            concerns.tell_of_draft(*told, draft=kept.pk, mailbox=kept.mailbox_id, by=by)
        kept.returned_at, kept.returned_by, kept.return_note = timezone.now(), by, said
        kept.save(update_fields=["author", "returned_at", "returned_by", "return_note"])
        opened = _opened_again(kept)
        record(Event.DRAFT_RETURN, by=by, on=("draft", draft.pk), detail=_detail(kept))
    return opened


def put_before_pharmacists(draft: Draft, *, by: User) -> None:
    """In the caller's transaction, which counts it."""
    draft.signature = signature_of(draft)
    draft.state, draft.submitted_at, draft.submitted_by = DraftState.SUBMITTED, timezone.now(), by
    draft.save(update_fields=["state", "submitted_at", "submitted_by", "signature", "version", "updated_at"])


def count(
    draft: Draft, n: int, *, what: str = "", by: User | None = None, version: int | None = None
) -> None:
    """Count a draft among those that wait, or no more. Raises StaleVersion."""
    if draft.conversation_id:
        count_answer(draft.conversation_id, n, what=what, by=by, version=version)
    else:
        count_new_message(draft.mailbox_id, n)


def _held(draft_id: UUID) -> Draft:
    kept = Draft.objects.select_for_update().filter(pk=draft_id, state=DraftState.SUBMITTED).first()
    if kept is None:
        raise NotSubmitted(draft_id)
    return kept


def _opened_again(draft: Draft) -> Draft:
    draft.submitted_at, draft.submitted_by = None, None
    draft.save(update_fields=["submitted_at", "submitted_by"])
    return drafts.reopen(draft)


def _detail(draft: Draft) -> str:
    where = f" conversation={draft.conversation_id}" if draft.conversation_id else ""
    return f"author={draft.author_id}{where}"
