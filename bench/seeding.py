"""Fill a pharmacy with conversations quickly: written in bulk, sealed as everything is."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import Func
from django.utils import timezone

from bench.mails import NAMES, PATIENT_COUNT, SENTENCES, SUBJECTS, ins_of
from bench.stage import enter
from portal.conversations import counters
from portal.conversations.matching import correspondent_mark, subject_mark
from portal.conversations.models import (
    Attachment,
    Conversation,
    ConversationKind,
    ConversationState,
    Message,
    MessageKind,
    ScanState,
)
from portal.conversations.search import tokens_of
from portal.mail.addresses import Address
from portal.mailboxes.models import Mailbox
from portal.team.models import User
from portal.vault.index import fingerprint
from sandbox.people import PATIENTS

BATCH = 500
APART = timedelta(minutes=3)
FILES_EACH = 10


class Seeder:
    """Makes conversations of one mail each, oldest first, as three years of a busy pharmacy would leave them."""

    def __init__(self, mailbox: Mailbox, person: User, seed: int) -> None:
        self._mailbox = mailbox
        self._person = person
        self._chance = Random(seed)
        self._people = [
            Address(NAMES[number % len(NAMES)], f"{ins_of(number)}@{PATIENTS}")
            for number in range(PATIENT_COUNT)
        ]
        self._marks = [correspondent_mark(address.key) for address in self._people]
        self._texts = [" ".join(SENTENCES[start:]) for start in range(len(SUBJECTS))]
        self._known: dict[tuple[str, int], Func] = {}

    def add(self, first: datetime, count: int) -> None:
        """`count` conversations, the first one at `first`."""
        conversations = [self._conversation(first + number * APART) for number in range(count)]
        messages = [self._message(conversation) for conversation in conversations]
        counts: counters.Counts = Tally()
        for conversation in conversations:
            counts += counters.counted(conversation)
        with transaction.atomic():
            Conversation.objects.bulk_create(conversations)
            Message.objects.bulk_create(messages)
            counters.move(Tally(), counts)

    def _conversation(self, at: datetime) -> Conversation:
        number = self._chance.randrange(PATIENT_COUNT)
        subject = self._chance.choice(SUBJECTS)
        is_open = self._chance.random() < 0.7
        return Conversation(
            mailbox=self._mailbox,
            kind=ConversationKind.PATIENT,
            state=ConversationState.OPEN if is_open else ConversationState.DONE,
            assignees=[self._person.pk] if self._chance.random() < 0.2 else [],
            correspondent_fingerprint=self._marks[number],
            subject_fingerprint=subject_mark(subject),
            subject=subject,
            snippet=self._chance.choice(SENTENCES)[:160],
            people=[{"label": self._people[number].label, "address": self._people[number].address}],
            last_message_at=at,
            last_received_at=at,
            last_sent_at=at if self._chance.random() < 0.3 else None,
            message_count=1,
            unopened=is_open and self._chance.random() < 0.2,
        )

    def _message(self, conversation: Conversation) -> Message:
        which = self._chance.randrange(len(self._texts))
        return Message(
            conversation=conversation,
            kind=MessageKind.RECEIVED,
            at=conversation.last_message_at,
            headers={
                "message_id": "",
                "references": [],
                "from": conversation.people[0],
                "reply_to": [],
                "to": [],
                "cc": [],
                "subject": "",
            },
            text=self._texts[which],
            tokens=self._tokens(Address(**conversation.people[0]), which),
        )

    def _tokens(self, who: Address, which: int) -> Func:
        """Of that text, by that person: whom a search by name finds is whom it should."""
        key = (who.address, which)
        if key not in self._known:
            subject, text = SUBJECTS[which], self._texts[which]
            self._known[key] = tokens_of(subject=subject, people=[who], text=text, files=[])
        return self._known[key]


def seed(pharmacy_id: UUID, mailbox_id: UUID, upto: int) -> None:
    """Add older conversations until the pharmacy has `upto` of them."""
    enter(pharmacy_id)
    mailbox, person = Mailbox.objects.get(id=mailbox_id), User.objects.get()
    seeder = Seeder(mailbox, person, seed=upto)
    missing = upto - Conversation.objects.count()
    oldest = timezone.now() - (missing + 1) * APART
    for done in range(0, missing, BATCH):
        seeder.add(oldest + done * APART, min(BATCH, missing - done))


def add_files(conversations: Sequence[Conversation]) -> None:
    """Ten files to each mail of these that has none."""
    messages = Message.objects.filter(conversation__in=conversations, attachments=None)
    with transaction.atomic():
        for message in messages.defer("tokens"):
            Attachment.objects.bulk_create(_file(message, position) for position in range(FILES_EACH))
        ids = [conversation.pk for conversation in conversations]
        Conversation.objects.filter(pk__in=ids).update(attachment_count=FILES_EACH)


def _file(message: Message, position: int) -> Attachment:
    return Attachment(
        message=message,
        position=position,
        part=f"{position + 2}",
        name=f"ordonnance-{position}.pdf",
        kind="pdf",
        size=100_000,
        digest=fingerprint("attachment", f"{message.pk}.{position}"),
        scan=ScanState.CLEAN,
    )
