"""Unfinished words: kept on the server, never expiring, never overwritten unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.models import Conversation, Message, MessageKind
from portal.lib.ids import uuid7
from portal.lib.prepared import prepared
from portal.lib.text import many_lines, one_line
from portal.mail.addresses import Address, key_of
from portal.mailboxes.models import Mailbox
from portal.outbound.models import Delivery, DeliveryState, Draft, DraftState
from portal.outbound.pen import pick_up
from portal.outbound.versions import Said, get_version, keep_version
from portal.team.models import User
from portal.vault.fields import SealedQuerySet

KEEP_DISCARDED = timedelta(days=30)
LONGEST_SUBJECT = 255
LONGEST_TEXT = 500_000
MOST_TYPED = 100
SAVED = ("recipients", "subject", "text", "template", "blanks", "version", "updated_at")
# While a delivery is in one of these, its words may be wanted back.
MAY_COME_BACK = (
    *(DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.HANDOVER, DeliveryState.RETRY_WAIT),
    *(DeliveryState.FAILED, DeliveryState.UNCERTAIN),
)


class NoSuchDraft(Exception):
    """No open draft of this person has this id: sent, discarded, or somebody else's. They look the same."""


class DraftElsewhere(NoSuchDraft):
    """It went to another conversation with the message that it answers; it is still open."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft.pk)
        self.draft = draft


class StaleDraft(Exception):
    """The draft was saved elsewhere meanwhile; nothing was written. `draft` is the newer one, for the page to show."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(str(draft.pk))
        self.draft = draft


def get_draft(user: User, draft_id: UUID) -> Draft:
    """The only way to a draft: one's own, and open.

    Raises:
        NoSuchDraft: otherwise.
    """
    draft = _own(user).filter(pk=draft_id).select_related("conversation", "mailbox").first()
    if draft is None:
        raise NoSuchDraft(draft_id)
    return draft


def new_draft(mailbox: Mailbox, *, by: User, draft_id: UUID | None = None) -> Draft:
    """A draft of a new message, empty or the one that `draft_id` has: the id with which the page was made.

    Raises:
        NoSuchDraft: that id is of a draft that was sent or discarded, or of somebody else's.
    """
    draft, _ = Draft.objects.get_or_create(
        id=draft_id or uuid7(), defaults={"mailbox": mailbox, "author": by}
    )
    if draft.author_id != by.pk or draft.state != DraftState.OPEN:
        raise NoSuchDraft(draft.pk)
    return draft


def send_from(draft: Draft, mailbox: Mailbox, *, by: User) -> None:
    """Have a new message leave from `mailbox`, one of `by`'s. What answers or forwards leaves from where that came in.

    Raises:
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        if kept.conversation_id is None and kept.forwards_id is None:
            kept.mailbox = mailbox
            kept.save(update_fields=["mailbox", "updated_at"])


def start_reply(conversation: Conversation, *, by: User, draft_id: UUID | None = None) -> Draft:
    """The open draft of this person in this conversation, or a new one addressed to whoever wrote last.

    A new one gets the id with which the page was made.

    Raises:
        NoSuchDraft: that id is of a draft that was sent or discarded, or of somebody else's.
        DraftElsewhere: see there.
    """
    own = _answer.first(conversation.pk, by.pk)
    if own is None and draft_id is not None and _by_id(draft_id):
        # The other of two clicks may have made it between these two questions.
        own = _answer.first(conversation.pk, by.pk)
        if own is None:
            there = _own(by).filter(pk=draft_id).exclude(conversation=None).first()
            raise DraftElsewhere(there) if there else NoSuchDraft(draft_id)
    if own is not None:
        own.conversation = conversation
        return own
    try:
        with transaction.atomic():
            return Draft.objects.create(
                id=draft_id or uuid7(),
                conversation=conversation,
                author=by,
                mailbox_id=conversation.mailbox_id,
                recipients=who_to_answer(conversation),
                subject=answered_subject(conversation),
            )
    except IntegrityError:  # made meanwhile: a person has one
        return _own(by).get(conversation=conversation)


def save_draft(
    draft: Draft, *, by: User, version: int, recipients: Sequence[str], subject: str, text: str
) -> Draft:
    """Keep what was typed, if nobody saved since `version`; saving the same again changes nothing.

    Raises:
        StaleDraft: another tab or place saved meanwhile.
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        if kept.version != version:
            raise StaleDraft(kept)
        said, before = Said.by(kept), (kept.recipients, kept.subject, kept.text, kept.template_id)
        kept.recipients = [one_line(entry, 600) for entry in recipients][:MOST_TYPED]
        kept.subject, kept.text = one_line(subject, LONGEST_SUBJECT), many_lines(text)[:LONGEST_TEXT]
        kept.template, kept.blanks = None, None  # free words from here on, whatever they were
        if kept.aside and kept.aside in kept.text:
            kept.aside = None  # they stand where they are seen; others wait until these have left
        if (kept.recipients, kept.subject, kept.text, kept.template_id) != before:
            keep_version(kept, said)
            kept.version += 1
            kept.save(update_fields=[*SAVED, "aside"])
            pick_up(kept)
    return kept


def go_back(draft: Draft, version_id: UUID, *, by: User) -> Draft:
    """Have a draft say again what it said; what it says now is kept first, as one more version.

    Raises:
        NoSuchVersion: it never said that, or too long ago.
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        earlier = get_version(kept, version_id)
        keep_version(kept, Said.by(kept), always=True)
        kept.recipients, kept.subject, kept.text = earlier.recipients, earlier.subject, earlier.text
        kept.template, kept.blanks = None, None
        kept.version += 1
        kept.save(update_fields=SAVED)
    return kept


def rewrite_text(draft: Draft, text: str) -> None:
    """Put other words into a draft that is held: free ones. What its author put aside is not part of them."""
    said = Said.by(draft)
    draft.text, draft.template, draft.blanks = many_lines(text)[:LONGEST_TEXT], None, None
    if draft.text != said.text:
        keep_version(draft, said, always=True)
    draft.version += 1
    draft.save(update_fields=SAVED)


def discard(draft: Draft, *, by: User) -> None:
    """Put a draft away; `restore` brings it back during thirty days.

    Raises:
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        kept.state = DraftState.DISCARDED
        kept.save(update_fields=["state", "updated_at"])
        _forget_old()
        record(Event.DRAFT_DISCARD, by=by, on=("draft", kept.pk))


def restore(draft_id: UUID, *, by: User) -> Draft:
    """Bring a discarded draft back, into the open one if there is one by now.

    Raises:
        NoSuchDraft: nothing of this person was discarded under this id, or too long ago.
    """
    with transaction.atomic():
        gone = Draft.objects.select_for_update().filter(pk=draft_id, author=by, state=DraftState.DISCARDED)
        draft = gone.first()
        if draft is None:
            raise NoSuchDraft(draft_id)
        return reopen(draft)


def reopen(draft: Draft) -> Draft:
    """Make a sent or discarded draft open again; one opened meanwhile in the conversation takes its words in.

    In the caller's transaction. What was typed comes first, what was typed since follows: nothing is lost.
    """
    open_one = (
        Draft.objects.select_for_update()
        .filter(conversation=draft.conversation_id, author=draft.author_id, state=DraftState.OPEN)
        .exclude(conversation=None)
        .first()
    )
    if open_one is not None and _is_what_was_aside(open_one, draft):
        open_one.delete()  # the template stands before these words again
        open_one = None
    if open_one is None:
        draft.state, draft.signature = DraftState.OPEN, None
        draft.version += 1
        if draft.template_id is None and draft.aside:
            draft.text, draft.aside = joined(draft.aside, draft.text), None
        draft.save(update_fields=["state", "signature", "aside", *SAVED])
        return draft
    return fold(draft, into=open_one)


def joined(*texts: str | None) -> str:
    """Several texts of one person as one, in this order."""
    return "\n\n".join(text for text in texts if text and text.strip())


def fold(draft: Draft, *, into: Draft) -> Draft:
    """Two drafts of one person become one, which says what both said; both are held by the caller's transaction.

    Files move by their row: sealed bytes are bound to their own key, not to their draft.
    """
    keep_version(into, Said.by(into), always=True)
    into.recipients = list(dict.fromkeys([*draft.recipients, *into.recipients]))
    theirs = joined(into.aside, into.text)
    aside = draft.aside if draft.aside and draft.aside not in theirs else None
    into.text = joined(aside, draft.text, theirs)
    into.subject = into.subject or draft.subject
    into.template, into.blanks, into.aside = None, None, None
    if draft.returned_at is not None:
        into.returned_at, into.returned_by = draft.returned_at, draft.returned_by
        into.return_note = draft.return_note
    into.version += 1
    into.save(update_fields=[*SAVED, "aside", "returned_at", "returned_by", "return_note"])
    draft.files.update(draft=into)
    draft.versions.update(draft=into)
    draft.delete()
    return into


def forget_sent() -> None:
    """Drop the drafts whose message has left: it holds their words and files. A failed one's stays, to be rewritten."""
    may_come_back = Delivery.objects.filter(draft=OuterRef("pk"), state__in=MAY_COME_BACK)
    Draft.objects.filter(~Exists(may_come_back), state=DraftState.SENT).delete()


def lock_draft(draft: Draft, *, by: User) -> Draft:
    """The open draft as it is now, held to the end of the caller's transaction. Raises NoSuchDraft."""
    kept = hold_draft(draft, by=by)
    if kept.state != DraftState.OPEN:
        raise NoSuchDraft(draft.pk)
    return kept


def hold_draft(draft: Draft, *, by: User) -> Draft:
    """The same in whatever state it is. Raises NoSuchDraft."""
    kept = _held.first(draft.pk, by.pk)
    if kept is None:
        raise NoSuchDraft(draft.pk)
    kept.author = by
    loaded = Draft._meta.get_field("conversation").is_cached(draft)
    if loaded and kept.conversation_id == draft.conversation_id:
        kept.conversation = draft.conversation  # if it has moved since, its version tells whoever changes it
    return kept


@prepared
def _held(pk: UUID, author: UUID) -> QuerySet[Draft]:
    return Draft.objects.select_for_update().filter(pk=pk, author=author)


@prepared
def _answer(conversation: UUID, author: UUID) -> QuerySet[Draft]:
    return Draft.objects.filter(author=author, state=DraftState.OPEN, conversation=conversation)


@prepared
def _by_id(pk: UUID) -> QuerySet[Draft]:
    return Draft.objects.filter(pk=pk).only("pk")


def who_to_answer(conversation: Conversation) -> list[str]:
    """Reply-To, else From, of the last message received (mssante 3.2); else whom the conversation is with."""
    last = _last_received(conversation)
    if last is None:
        return [_typed(person) for person in conversation.people[:1]]
    return [_typed(person) for person in _answered(last)]


def who_else(message: Message, mailbox: Mailbox) -> list[dict[str, str]]:
    """To whom else a message went that was received: neither we, nor who is answered anyway, nor a patient."""
    left_out = {mailbox.address.lower(), *(key_of(person["address"]) for person in _answered(message))}
    found = {}
    for person in [*message.headers.get("to", []), *message.headers.get("cc", [])]:
        address = Address(person["label"], person["address"])
        if address.address and address.key not in left_out and not address.is_patient():
            found[address.key] = person
    return list(found.values())


def answer_all(draft: Draft, *, by: User, version: int, everybody: bool) -> Draft:
    """Write to all whom the last message went to as well, or only to who wrote it; nothing else does that.

    Raises:
        StaleDraft: another tab or place saved meanwhile.
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        if kept.version != version or kept.conversation is None:
            raise StaleDraft(kept)
        last = _last_received(kept.conversation) if everybody else None
        others = who_else(last, kept.mailbox) if last else []
        kept.recipients = [*who_to_answer(kept.conversation), *(_typed(person) for person in others)]
        kept.version += 1
        kept.save(update_fields=["recipients", "version", "updated_at"])
    return kept


def answered_subject(conversation: Conversation) -> str:
    subject = conversation.subject
    return subject if subject[:3].lower() == "re:" or not subject else f"Re: {subject}"


def _last_received(conversation: Conversation) -> Message | None:
    return newest_mail.first(conversation.pk, MessageKind.RECEIVED)


@prepared
def newest_mail(conversation: UUID, kind: MessageKind) -> QuerySet[Message]:
    """The last one of a conversation, without its text."""
    mail = Message.objects.filter(conversation=conversation, kind=kind)
    return mail.defer("tokens", "text").order_by("-at", "-id")[:1]


def _answered(message: Message) -> list[dict[str, str]]:
    named = message.headers["reply_to"] or [message.headers["from"]]
    return [person for person in named if person and person["address"]]


def _own(user: User) -> SealedQuerySet[Draft]:
    return Draft.objects.filter(author=user, state=DraftState.OPEN)


def _is_what_was_aside(open_one: Draft, sent: Draft) -> bool:
    """Whether it holds the words which that template stood before, and nothing that came since."""
    return (
        sent.template_id is not None
        and open_one.template_id is None
        and open_one.text == sent.aside
        and open_one.returned_at is None
        and not open_one.files.exists()
    )


def _forget_old() -> None:
    """Health data does not stay for ever because somebody threw it away."""
    Draft.objects.filter(state=DraftState.DISCARDED, updated_at__lt=timezone.now() - KEEP_DISCARDED).delete()


def _typed(person: dict[str, str]) -> str:
    """As a person would type it; a label with commas or brackets in it would be read as more addresses."""
    label = re.sub(r'[",;:<>()\\@]', " ", person["label"]).strip()
    return f"{label} <{person['address']}>" if label else person["address"]
