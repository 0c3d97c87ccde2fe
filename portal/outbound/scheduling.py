"""Say when a message leaves: held as a draft until then, seen by the team, changed or called off by hand.

Nothing is frozen before its time: the date in its header, the message it answers, and all that may refuse it are those
of the moment at which it leaves (portal/outbound/departures.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.scheduled import CALLED_OFF, SCHEDULED, WAKE, count_scheduled
from portal.lib.text import many_lines
from portal.mailboxes.models import Mailbox
from portal.outbound import approval, drafts
from portal.outbound.acquaintances import refuse_strangers
from portal.outbound.leaving import check_sendable
from portal.outbound.models import Draft, DraftState
from portal.outbound.signing import signature_of
from portal.outbound.templating import NeedsPharmacist, refuse_unapproved, refuse_unfilled
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.vault.fields import SealedQuerySet
from tenants.wakeups import wake

LATEST = timedelta(days=366)
WHEN = ("leaves_at", "scheduled_at", "scheduled_by", "seen_version")


class NotScheduled(Exception):
    """It waits no more, or is not this person's to see: it left, or was called off. They look the same."""


class BadTime(Exception):
    """Before now, or more than a year away."""


def scheduled_seen_by(user: User) -> SealedQuerySet[Draft]:
    """What leaves later from the mailboxes that this person sees, the next first, with who wrote it."""
    seen = Mailbox.objects.seen_by(user.pk).values("id")
    waiting = Draft.objects.filter(state=DraftState.SCHEDULED, mailbox__in=seen)
    people = ("author", "scheduled_by", "returned_by")
    return waiting.select_related(*people, "conversation").order_by("leaves_at", "pk")


def get_scheduled(user: User, draft_id: UUID) -> Draft:
    """Raises NotScheduled."""
    draft = scheduled_seen_by(user).filter(pk=draft_id).first()
    if draft is None:
        raise NotScheduled(draft_id)
    return draft


def may_change(draft: Draft, user: User) -> bool:
    """Who sends anything may have anything leave at another time; the others what they scheduled themselves."""
    return draft.scheduled_by_id == user.pk or allows(user, Permission.SEND)


def schedule(
    draft: Draft, *, by: User, at: datetime, version: int | None, sure: Collection[str] | None = None
) -> Draft:
    """Have a draft leave at `at`; a second click finds it so. What could not leave now is refused at once.

    `version` is that of the conversation on screen, `sure` as of `queue`.

    Raises:
        NoSuchDraft, StaleDraft, Unfilled, NeedsPharmacist, Refused, FirstContact, StaleVersion: as `queue`.
        BadTime: see there.
    """
    with transaction.atomic():
        kept = drafts.hold_draft(draft, by=by)
        if kept.state == DraftState.SCHEDULED and kept.version == draft.version:
            return kept
        if kept.state != DraftState.OPEN:
            raise drafts.NoSuchDraft(kept.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        check_time(at)
        refuse_unfilled(kept)
        refuse_unapproved(kept, by)
        to = check_sendable(kept)
        if sure is not None:
            refuse_strangers(to, kept.conversation, by=by, sure=sure)
        _put_aside(kept, by=by, at=at, version=version)
    return kept


def approve_later(
    draft: Draft, *, by: User, at: datetime, version: int | None, text: str | None = None
) -> Draft:
    """A pharmacist lets it leave at `at`, corrected to `text` where that is given.

    Raises:
        NeedsPharmacist, NotSubmitted, StaleDraft, Refused, StaleVersion: as `approve`; it waits on.
        BadTime: see there.
    """
    if not allows(by, Permission.APPROVE):
        raise NeedsPharmacist
    with transaction.atomic():
        kept = Draft.objects.select_for_update().filter(pk=draft.pk).first()
        if kept is None or kept.state != DraftState.SUBMITTED:
            raise approval.NotSubmitted(draft.pk)
        if kept.version != draft.version:
            raise drafts.StaleDraft(kept)
        check_time(at)
        corrected = text is not None and many_lines(text) != kept.text
        if text is not None and corrected:
            drafts.rewrite_text(kept, text)
        check_sendable(kept)
        approval.count(kept, -1, version=version)
        _put_aside(kept, by=by, at=at, version=None)
        detail = f"author={kept.author_id} corrected={'yes' if corrected else 'no'}"
        record(Event.DRAFT_APPROVE, by=by, on=("draft", kept.pk), detail=detail)
    return kept


def change_time(draft: Draft, *, by: User, at: datetime) -> Draft:
    """Have it leave at another time.

    Raises:
        NotScheduled: it left, or was called off.
        NeedsPharmacist: it is a colleague's, and `by` may not send it.
        BadTime: see there.
    """
    with transaction.atomic():
        kept = hold_scheduled(draft.pk)
        if not may_change(kept, by):
            raise NeedsPharmacist
        check_time(at)
        kept.leaves_at = at
        kept.save(update_fields=["leaves_at", "updated_at"])
        if kept.conversation_id:
            count_scheduled(kept.conversation_id, 0)
        wake(WAKE, at)
        record(Event.MESSAGE_RESCHEDULE, by=by, on=("draft", kept.pk), detail=_moment(at))
    return kept


def call_off(draft: Draft, *, by: User) -> Draft:
    """It does not leave: its words and files are a draft again, which is returned.

    Its author's open one, if she takes back what she scheduled herself. Otherwise it stands before the pharmacists,
    as what is undone does (portal/outbound/actions.py).

    Raises:
        NotScheduled: it left, or was called off.
    """
    with transaction.atomic():
        kept = hold_scheduled(draft.pk)
        if kept.conversation_id:
            count_scheduled(kept.conversation_id, -1, what=CALLED_OFF, by=by)
        opened = give_back(kept, to_author=kept.author_id == by.pk, by=by)
        record(Event.MESSAGE_CALL_OFF, by=by, on=("draft", draft.pk))
    return opened


def give_back(draft: Draft, *, to_author: bool, by: User) -> Draft:
    """Make what was held a draft again: its author's, or one that waits for a pharmacist. In the caller's transaction.

    What was submitted goes back to where it came from; from a mailbox of one person, always to her.
    """
    draft.leaves_at, draft.scheduled_at, draft.scheduled_by, draft.seen_version = None, None, None, None
    draft.save(update_fields=[*WHEN, "updated_at"])
    if draft.mailbox.owner_id is not None or (to_author and draft.submitted_at is None):
        return drafts.reopen(draft)
    draft.version += 1
    approval.put_before_pharmacists(draft, by=draft.submitted_by or by)
    approval.count(draft, 1)
    return draft


def hold_scheduled(draft_id: UUID) -> Draft:
    """Held to the end of the caller's transaction. Raises NotScheduled."""
    held = Draft.objects.select_for_update(of=("self",)).select_related("author", "scheduled_by", "mailbox")
    kept = held.filter(pk=draft_id, state=DraftState.SCHEDULED).first()
    if kept is None:
        raise NotScheduled(draft_id)
    return kept


def check_time(at: datetime) -> None:
    """Raises BadTime."""
    now = timezone.now()
    if not now - timedelta(minutes=1) <= at <= now + LATEST:
        raise BadTime


def _put_aside(kept: Draft, *, by: User, at: datetime, version: int | None) -> None:
    """The row, what the team sees of it, the wake-up, the journal."""
    kept.signature = signature_of(kept)
    kept.state, kept.leaves_at = DraftState.SCHEDULED, at
    kept.scheduled_at, kept.scheduled_by = timezone.now(), by
    if kept.conversation_id:
        seen = count_scheduled(kept.conversation_id, 1, what=SCHEDULED, by=by, until=at, version=version)
        kept.seen_version = seen.version
    kept.save(update_fields=["state", *WHEN, "signature", "version", "updated_at"])
    wake(WAKE, at)
    record(Event.MESSAGE_SCHEDULE, by=by, on=("draft", kept.pk), detail=_moment(at))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):on=%Y.%m.%d utc=%H.%M}"
