"""Put a message, received or sent, where it belongs: in the transaction of the caller."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import counters
from portal.conversations.blocking import blocked_since, goes_apart
from portal.conversations.locking import locked, tell_changed
from portal.conversations.matching import (
    correspondent_mark,
    held_conversation,
    message_mark,
    subject_mark,
)
from portal.conversations.models import (
    WAITING,
    Attachment,
    Back,
    Conversation,
    ConversationKind,
    Message,
    MessageKind,
    ScanState,
    WordsState,
)
from portal.conversations.moving import ANSWERED, give_if_nobodys, say, take_up
from portal.conversations.people import joined, kept
from portal.conversations.scheduled import look_again
from portal.conversations.search import INDEX, tokens_of
from portal.conversations.unopened import begins_to_wait, is_old
from portal.documents.rendering import WORDED
from portal.house import alarm
from portal.lib import live
from portal.lib.ids import uuid7
from portal.lib.text import one_line
from portal.mail.addresses import Address
from portal.mail.parsed import ParsedMail
from portal.mail.references import thread_parents
from portal.mail.subjects import display_subject
from portal.mailboxes.models import Mailbox
from portal.patients.identity import Correspondent
from portal.vault.index import fingerprint
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User

LONGEST_SNIPPET = 160
LONGEST_DEFECTS = 200
# What is older was brought along, or waited in a mailbox that is only now connected: nobody is called for it.
NEWS_FOR = timedelta(hours=1)
# From our own address, by a stranger or by another program on the same BAL: shown as received, never as sent.
OWN_ADDRESS = "own-address"
MOVED = (
    *(
        "state",
        "version",
        "received_version",
        "people",
        "snippet",
        "last_message_at",
        "last_sent_at",
        "last_received_at",
    ),
    *(
        "message_count",
        "attachment_count",
        "unopened",
        "unopened_since",
        "closed_at",
        "prescription_count",
        "prescriptions_open",
        "submitted",
        "assignees",
        "snoozed_until",
        "snoozed_by",
        "back",
        "blocked",
    ),
)


@dataclass(frozen=True)
class NewFile:
    """A file of a message: `digest` is the SHA-256 of its bytes in hex, `kind` what they are.

    `reading` is what was read in it, as JSON.
    """

    part: str
    name: str
    kind: str
    size: int
    digest: str
    inline: bool = False
    scan: ScanState = ScanState.CLEAN
    reading: str | None = None


def file_message(
    mail: ParsedMail,
    *,
    pk: UUID,
    mailbox: Mailbox,
    correspondent: Correspondent,
    at: datetime,
    files: Sequence[NewFile] = (),
    event: Event = Event.MESSAGE_RECEIVE,
    beside: Callable[[Conversation], str] | None = None,
    wakes: str = "",
) -> Message:
    """File what was received at `at` as message `pk`; a done or waiting conversation is to be treated.

    Called in a transaction, last: it ends with the journal. At most ten statements, two more where a professional
    wrote, and those of `beside`: what else the message begins in its conversation, which is saved afterwards. It gives
    the detail for the journal; `wakes` is the wake-up of what it begins.
    """
    sender = correspondent.address
    since = blocked_since(sender, mailbox.pk)
    parents = thread_parents(mail.in_reply_to, mail.references)
    found = held_conversation(mailbox.id, sender.key, mail.subject, parents, at, blocked=since is not None)
    conversation = found or _begun(mailbox, sender, correspondent, mail.subject, at)
    before = counters.counted(conversation) if found else Tally[counters.Key]()
    conversation.blocked = goes_apart(conversation, since)
    _add(conversation, (sender, *mail.to, *mail.cc), mailbox, at, mail.text, len(files))
    rings = begins_to_wait(conversation, brought_along=event != Event.MESSAGE_RECEIVE or is_old(at))
    waited = _came_in(conversation, at)
    detail = beside(conversation) if beside else ""
    _save(conversation, new=found is None)
    message = Message(
        id=pk,
        conversation=conversation,
        kind=MessageKind.RECEIVED,
        at=at,
        message_id_fingerprint=message_mark(mail.message_id),
        mdn_asked=bool(mail.mdn_to),
        ends_exchange=mail.ends_exchange,
        headers=_headers(mail),
        text=mail.text,
        has_layout=bool(mail.html.strip()),
        defects=_defects(mail, correspondent, mailbox),
    )
    _insert(message, (sender, *mail.to, *mail.cc), mail.subject, files)
    if waited:
        say(conversation, ANSWERED)
    counters.move(before, counters.counted(conversation))
    look_again(conversation)
    if wakes:
        wake(wakes, timezone.now())
    if rings:
        alarm.begins_to_wait(timezone.now())
    if event == Event.MESSAGE_RECEIVE and not conversation.blocked and at > timezone.now() - NEWS_FOR:
        _tell_mail(conversation)
    record(event, by=None, on=("message", message.pk), detail=detail)
    return message


def file_from_form(
    conversation: Conversation | None,
    *,
    pk: UUID,
    mailbox: Mailbox,
    label: str,
    subject: str,
    text: str,
    at: datetime,
    files: Sequence[NewFile] = (),
    beside: Callable[[Conversation], str] | None = None,
) -> tuple[Message, str]:
    """File what a patient sent by the form as message `pk`, in a new conversation or in the one it follows.

    `label` is the name that the patient gives, which proves nothing; there is no address. Called in a transaction,
    before wake-ups and the journal, for which it gives what `beside` said (see `file_message`).
    """
    person = Address(label, "")
    new = conversation is None
    current = _by_form(mailbox, person, subject, at) if conversation is None else locked(conversation.pk)
    before = Tally[counters.Key]() if new else counters.counted(current)
    _add(current, (), mailbox, at, text, len(files))
    rings = begins_to_wait(current)
    waited = _came_in(current, at)
    detail = beside(current) if beside else ""
    _save(current, new=new)
    message = Message(
        id=pk,
        conversation=current,
        kind=MessageKind.RECEIVED,
        at=at,
        headers={"from": kept(person), "to": [], "cc": [], "reply_to": [], "subject": subject},
        text=text,
    )
    _insert(message, (person,), subject, files)
    if waited:
        say(current, ANSWERED)
    counters.move(before, counters.counted(current))
    look_again(current)
    _have_read(files)
    if rings:
        alarm.begins_to_wait(timezone.now())
    _tell_mail(current)
    return message, detail


def file_sent(
    conversation: Conversation | None,
    *,
    mailbox: Mailbox,
    by: User,
    at: datetime,
    headers: Mapping[str, Any],
    text: str,
    message_id: str,
    attachments: Sequence[NewFile],
    people: Sequence[Address],
    version: int | None = None,
    pk: UUID | None = None,
    released_by: User | None = None,
    submitted: bool = False,
) -> Message:
    """File what the team sends to `people`, in `conversation` or in a new one that its author keeps.

    `headers` is what Message.headers holds. `released_by` let it leave for its author, `by`; `submitted`: it waited
    for a pharmacist until now, and does no more. Called in a transaction, before wake-ups and the journal.

    Raises:
        StaleVersion: the conversation has moved since `version` was on screen.
    """
    subject = str(headers["subject"])
    if conversation is None:
        current = _begun(mailbox, people[0], Correspondent(people[0]), subject, at)
        give_if_nobodys(current, by.pk)  # it may have left at its hour
        current.unopened = False
        before = counters.in_review(mailbox.pk, int(submitted))
    else:
        current = locked(conversation.pk, version)
        before = counters.counted(current)
        current.submitted -= int(submitted)
    current.last_sent_at, current.back = max(at, current.last_sent_at or at), ""
    if headers.get("ends_exchange"):
        current.closed_at = at
    _add(current, people, mailbox, at, text, len(attachments))
    _save(current, new=conversation is None)
    message = Message(
        id=pk or uuid7(),
        conversation=current,
        kind=MessageKind.SENT,
        at=at,
        author=by,
        released_by=released_by,
        message_id_fingerprint=message_mark(message_id),
        ends_exchange=bool(headers.get("ends_exchange")),
        headers=dict(headers),
        text=text,
    )
    _insert(message, people, subject, attachments)
    counters.move(before, counters.counted(current))
    look_again(current)
    _have_read(attachments)
    return message


def _begun(
    mailbox: Mailbox, first: Address, correspondent: Correspondent, subject: str, at: datetime
) -> Conversation:
    return Conversation(
        mailbox=mailbox,
        kind=ConversationKind.PATIENT if first.is_patient() else ConversationKind.PROFESSIONAL,
        patient=correspondent.patient,
        correspondent_fingerprint=correspondent_mark(first.key),
        subject_fingerprint=subject_mark(subject),
        subject=display_subject(subject),
        people=[kept(first)],
        last_message_at=at,
        version=0,
    )


def _by_form(mailbox: Mailbox, person: Address, subject: str, at: datetime) -> Conversation:
    """No fingerprint: nothing else is ever joined to it, and it is nobody's whose identity is known."""
    return Conversation(
        mailbox=mailbox,
        kind=ConversationKind.FORM,
        subject=subject,
        people=[kept(person)],
        last_message_at=at,
        version=0,
    )


def _came_in(conversation: Conversation, at: datetime) -> bool:
    """What was just added was received, by the operator at `at`; whether it was waited for."""
    waited = conversation.state in WAITING
    take_up(conversation)
    conversation.back = Back.ANSWER if waited else ""
    conversation.received_version = conversation.version
    conversation.unopened = True
    conversation.last_received_at = max(at, conversation.last_received_at or at)
    conversation.closed_at = None  # whoever still writes may be answered
    return waited


def _tell_mail(conversation: Conversation) -> None:
    live.tell(live.Kind.MAIL, conversation.pk, mailbox=conversation.mailbox_id)


def _add(
    conversation: Conversation,
    people: Iterable[Address],
    mailbox: Mailbox,
    at: datetime,
    text: str,
    files: int,
) -> None:
    """One message more: a snippet of it if it is the newest, and whoever is in it."""
    conversation.people = joined(conversation.people, people, besides=(mailbox.address,))
    if at >= conversation.last_message_at:
        conversation.last_message_at = at
        conversation.snippet = one_line(text[: 2 * LONGEST_SNIPPET], LONGEST_SNIPPET)
    conversation.message_count += 1
    conversation.attachment_count += files
    conversation.version += 1


def _save(conversation: Conversation, *, new: bool) -> None:
    if new:
        conversation.save(force_insert=True)
        tell_changed(conversation)
    else:
        conversation.save(update_fields=MOVED)


def _insert(message: Message, people: Iterable[Address], subject: str, files: Sequence[NewFile]) -> None:
    """The message with its tokens, and its files."""
    message.tokens = tokens_of(
        subject=subject, people=people, text=message.text, files=[file.name for file in files]
    )
    message.save(force_insert=True)
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            position=position,
            part=file.part,
            name=file.name,
            kind=file.kind,
            size=file.size,
            digest=fingerprint("attachment", file.digest),
            inline=file.inline,
            scan=file.scan,
            reading=file.reading,
            words=WordsState.WAITING if file.kind in WORDED else WordsState.NONE,
        )
        for position, file in enumerate(files)
    )


def _have_read(files: Iterable[NewFile]) -> None:
    """Ask for the words of files, soon; called after the counters. For received mails that is done once for many."""
    if any(file.kind in WORDED for file in files):
        wake(INDEX, timezone.now())


def _headers(mail: ParsedMail) -> dict[str, Any]:
    return {
        "message_id": mail.message_id,
        "references": list(mail.references or mail.in_reply_to),
        "from": kept(mail.sender) if mail.sender else None,
        "reply_to": [kept(address) for address in mail.reply_to],
        "to": [kept(address) for address in mail.to],
        "cc": [kept(address) for address in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
    }


def _defects(mail: ParsedMail, correspondent: Correspondent, mailbox: Mailbox) -> str:
    """Codes joined by commas, as many as fit."""
    codes = [*correspondent.defects, *mail.defects]
    if correspondent.address.key == mailbox.address:
        codes.insert(0, OWN_ADDRESS)
    text = ",".join(dict.fromkeys(codes))
    return text if len(text) <= LONGEST_DEFECTS else text[:LONGEST_DEFECTS].rpartition(",")[0]
