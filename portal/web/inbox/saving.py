"""Keep what is typed, and send it: the order in which that is done, so that nothing is lost or doubled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from portal.conversations.models import Conversation
from portal.lib.prepared import prepared
from portal.lib.text import many_lines
from portal.mailboxes.models import Mailbox, MailboxKind
from portal.outbound import approval, scheduling
from portal.outbound.actions import queue
from portal.outbound.drafts import NoSuchDraft, StaleDraft, new_draft, save_draft, send_from, start_reply
from portal.outbound.files import FileRefused, attach_file, too_big
from portal.outbound.models import Delivery, DeliveryState, Draft, DraftState
from portal.outbound.signing import refuse_unseen
from portal.outbound.templates import template_for
from portal.outbound.templating import holds_filled, save_filled
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.faults import HEAVY
from portal.web.inbox.forms import Typed
from portal.web.uploads import CutFile

if TYPE_CHECKING:
    Upload = UploadedFile[Any]


class NoMailbox(Exception):
    """This pharmacy has no mailbox yet: there is nothing to write from."""


def keep_reply(conversation: Conversation, typed: Typed, *, by: User) -> Draft:
    """The draft of a reply, with what was typed.

    Raises:
        StaleDraft: another tab saved other words meanwhile.
        NoSuchDraft: it was sent or discarded meanwhile.
        NoSuchTemplate: it may not be used any more.
    """
    with transaction.atomic():
        draft = start_reply(conversation, by=by, draft_id=typed.draft_id)
        if typed.template is not None:
            return _keep_filled(draft, typed, by)
        return _keep(draft, typed, by, recipients=draft.recipients, subject=draft.subject)


def keep_new(typed: Typed, *, by: User) -> Draft:
    """The draft of a new message, with what was typed.

    Raises as `keep_reply`, NoMailbox, and Http404 where it should leave from what is no mailbox of theirs.
    """
    with transaction.atomic():
        mailbox = chosen(senders(by), typed.mailbox)
        if typed.mailbox and mailbox.pk != typed.mailbox:
            raise Http404
        draft = new_draft(mailbox, by=by, draft_id=typed.draft_id)
        if typed.mailbox and draft.mailbox_id != mailbox.pk:
            send_from(draft, mailbox, by=by)
        return _keep(draft, typed, by, recipients=typed.recipients, subject=typed.subject or "")


def attach(draft: Draft, uploads: Sequence[Upload], *, by: User) -> None:
    """Raises FileRefused: the files before the one it names are attached."""
    for upload in uploads:
        if isinstance(upload, CutFile):
            raise FileRefused(too_big())
        content = upload.read()
        name, declared = upload.name or "", upload.content_type or ""
        # A second click attaches nothing twice; the same file chosen later, after other words, is another one.
        file_id = uuid5(draft.pk, f"{draft.version} {name} {hashlib.sha256(content).hexdigest()}")
        attach_file(draft, by=by, name=name, content=content, declared_type=declared, file_id=file_id)


def send(
    typed: Typed,
    keep: Callable[[], Draft],
    uploads: Sequence[Upload],
    *,
    by: User,
    version: int | None,
    confirmed: bool,
    ends_exchange: bool = False,
    sure: Collection[str] | None = None,
) -> Delivery:
    """Keep what was typed, attach what came with it, and queue it; a second click finds the first one's message.

    Raises what `keep`, `attach_file` and `queue` raise.
    """
    key = _key(typed, uploads, by)
    done = queued(key, by)
    if done is None:
        try:
            draft = _as_shown(typed, keep, uploads, by)
            return queue(
                draft,
                by=by,
                idempotency_key=key,
                version=version,
                confirmed=confirmed,
                ends_exchange=ends_exchange,
                sure=sure,
            )
        except NoSuchDraft:
            done = queued(key, by)  # the first click was quicker
            if done is None:
                raise
    return done


def submit(
    typed: Typed,
    keep: Callable[[], Draft],
    uploads: Sequence[Upload],
    *,
    by: User,
    version: int | None,
    sure: Collection[str] | None = None,
) -> Draft:
    """The same, but put before the pharmacists."""
    try:
        draft = _as_shown(typed, keep, uploads, by)
        return approval.submit(draft, by=by, version=version, sure=sure)
    except NoSuchDraft:
        return _first_click(typed, by, DraftState.SUBMITTED)


def schedule(
    typed: Typed,
    keep: Callable[[], Draft],
    uploads: Sequence[Upload],
    *,
    by: User,
    at: datetime,
    version: int | None,
    sure: Collection[str] | None = None,
) -> Draft:
    """The same, but to leave at `at`."""
    try:
        draft = _as_shown(typed, keep, uploads, by)
        return scheduling.schedule(draft, by=by, at=at, version=version, sure=sure)
    except NoSuchDraft:
        return _first_click(typed, by, DraftState.SCHEDULED)


def fresh_key(base: UUID, said: Sequence[str], by: User) -> UUID:
    """The same for a second click, another for other words; a send that was undone may be sent again."""
    key = uuid5(base, hashlib.sha256("\0".join(said).encode()).hexdigest())
    while any(each.state == DeliveryState.CANCELLED for each in _deliveries(key, by.pk)):
        key = uuid5(key, "again")
    return key


def queued(key: UUID, by: User) -> Delivery | None:
    return _deliveries.first(key, by.pk)


@prepared
def _deliveries(key: UUID, author: UUID) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(idempotency_key=key, author=author).select_related("message")
    return found.defer("inline", "message__tokens").order_by("pk")


def _keep_filled(draft: Draft, typed: Typed, by: User) -> Draft:
    """A template with what its blanks were filled with: the words are made here, not in the browser."""
    template = template_for(by, typed.template or draft.pk)
    version = draft.version if typed.version == 0 else typed.version
    return save_filled(draft, by=by, version=version, template=template, values=typed.blanks)


def _keep(draft: Draft, typed: Typed, by: User, *, recipients: Sequence[str], subject: str) -> Draft:
    """A page whose draft has no row yet posts version 0 under an id that it alone knows."""
    version = draft.version if typed.version == 0 else typed.version
    if draft.pk != typed.draft_id:
        version = 0
    try:
        return save_draft(
            draft, by=by, version=version, recipients=recipients, subject=subject, text=typed.text
        )
    except StaleDraft as stale:
        if not _holds_all(typed, stale.draft):
            raise
        newest = stale.draft.version
        return save_draft(
            draft, by=by, version=newest, recipients=recipients, subject=subject, text=typed.text
        )


def _as_shown(typed: Typed, keep: Callable[[], Draft], uploads: Sequence[Upload], by: User) -> Draft:
    """The draft with what was typed and what came with it. Raises SignatureChanged, and as `keep` and `attach`."""
    draft = keep()
    attach(draft, uploads, by=by)
    refuse_unseen(draft, typed.signature)
    return draft


def _first_click(typed: Typed, by: User, state: DraftState) -> Draft:
    """The first of two clicks was quicker. Raises NoSuchDraft: it was no such click."""
    there = Draft.objects.filter(pk=typed.draft_id, author=by.pk, state=state).first()
    if there is None or not _is_what_was_typed(there, typed):
        raise NoSuchDraft(typed.draft_id)
    return there


def _is_what_was_typed(there: Draft, typed: Typed) -> bool:
    if typed.template is not None:
        return holds_filled(there, typed.template, typed.blanks)
    return there.text == many_lines(typed.text)


def _holds_all(typed: Typed, stored: Draft) -> bool:
    """Whether nothing that was stored would be lost: the same again, or an answer of ours that got lost."""
    words = " ".join(stored.text.split())
    if words not in " ".join(typed.text.split()):
        return False
    if typed.to is None:
        return True
    return set(stored.recipients) <= set(typed.recipients) and stored.subject in {"", typed.subject}


def _key(typed: Typed, uploads: Sequence[Upload], by: User) -> UUID:
    said = [str(typed.version), typed.text, typed.to or "", typed.subject or ""]
    said += [str(typed.mailbox)] if typed.mailbox else []
    said += [f"{name}={value}" for name, value in sorted(typed.blanks.items())]
    said += [f"{upload.name} {upload.size}" for upload in uploads]
    return fresh_key(typed.draft_id, said, by)


def senders(user: User) -> list[Mailbox]:
    """The mailboxes a new message may leave from, the pharmacy's own first, then the person's.

    Who may not send alone has no choice of what no pharmacist reads: nobody could let it leave.
    """
    seen = Mailbox.objects.seen_by(user.pk).defer(*HEAVY).order_by("address")
    found = sorted(seen, key=lambda mailbox: mailbox.kind != MailboxKind.ORG)
    if allows(user, Permission.SEND):
        return found
    return [mailbox for mailbox in found if mailbox.owner_id is None] or found


def chosen(found: Sequence[Mailbox], asked: UUID | None) -> Mailbox:
    """The one that was asked for, where it is among them, else the first. Raises NoMailbox."""
    if not found:
        raise NoMailbox
    return next((mailbox for mailbox in found if mailbox.pk == asked), found[0])
