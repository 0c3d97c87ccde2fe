"""In which conversation a new message belongs, or that it begins one.

By what it answers, nearest first, but only where its sender takes part; else by its sender and its subject, among
those of the last 60 days. A subject never joins two correspondents, and a Message-ID is a hint that anyone can
write: it neither opens another's conversation nor suppresses a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.conversations.locking import locked
from portal.conversations.models import Conversation, Message
from portal.conversations.people import Kept, takes_part
from portal.mail.subjects import thread_subject
from portal.vault.index import fingerprint

RECENT = timedelta(days=60)
# Messages with the same few Message-IDs: the oldest are looked at, which a forger cannot come before.
MOST_CANDIDATES = 200


@dataclass(frozen=True)
class Found:
    """A conversation in the version in which it was found: it may be joined or split before it is held."""

    id: UUID
    version: int


@dataclass(frozen=True)
class Parent:
    """A message that the new one may be answering."""

    mark: str
    conversation: Found
    people: Kept


def message_mark(message_id: str) -> str:
    """What a Message-ID is found by; empty for none."""
    return fingerprint("message-id", message_id) if message_id else ""


def correspondent_mark(key: str) -> str:
    """What an address is found by; empty for none, and then nothing is joined by it."""
    return fingerprint("correspondent", key) if key else ""


def subject_mark(subject: str) -> str:
    """What a subject without its prefixes is found by; empty when nothing is left, which joins nothing."""
    bare = thread_subject(subject)
    return fingerprint("subject", bare) if bare else ""


def held_conversation(
    mailbox_id: UUID, sender: str, subject: str, parents: Sequence[str], at: datetime, *, blocked: bool
) -> Conversation | None:
    """As `find_conversation`, held; looked for again if anything was done there, such as a split, before it was.

    What a `blocked` sender writes comes into none but its own, and nobody else's into what is filed apart.
    """
    while True:
        found = find_conversation(
            mailbox_id=mailbox_id, sender=sender, subject=subject, parents=parents, at=at
        )
        held = locked(found.id) if found else None
        if found is None or held is None or (held.pk, held.version) == (found.id, found.version):
            break
    own = held is not None and held.correspondent_fingerprint == correspondent_mark(sender)
    return held if held is not None and (own or not (blocked or held.blocked)) else None


def find_conversation(
    *, mailbox_id: UUID, sender: str, subject: str, parents: Sequence[str], at: datetime
) -> Found | None:
    """The conversation of a message from the address with key `sender`, which names `parents`, nearest first."""
    if not sender:
        return None
    marks = [message_mark(parent) for parent in parents]
    found = nearest(marks, _parents(mailbox_id, marks), sender) if marks else None
    return found or _by_subject(mailbox_id, correspondent_mark(sender), subject_mark(subject), at)


def nearest(marks: Sequence[str], candidates: Iterable[Parent], sender: str) -> Found | None:
    """The first mark that leads to a conversation in which the sender takes part."""
    joinable: dict[str, Found] = {}
    for parent in candidates:
        if parent.mark not in joinable and takes_part(sender, parent.people):
            joinable[parent.mark] = parent.conversation
    return next((joinable[mark] for mark in marks if mark in joinable), None)


def _parents(mailbox_id: UUID, marks: Sequence[str]) -> list[Parent]:
    found = (
        Message.objects.filter(message_id_fingerprint__in=marks, conversation__mailbox=mailbox_id)
        .select_related("conversation")
        .only("message_id_fingerprint", "conversation__people", "conversation__version")
        .order_by("id")[:MOST_CANDIDATES]
    )
    return [
        Parent(message.message_id_fingerprint, _as_found(message.conversation), message.conversation.people)
        for message in found
    ]


def _by_subject(mailbox_id: UUID, correspondent: str, subject: str, at: datetime) -> Found | None:
    if not subject:
        return None
    alike = Conversation.objects.filter(
        mailbox=mailbox_id,
        correspondent_fingerprint=correspondent,
        subject_fingerprint=subject,
        last_message_at__gte=at - RECENT,
        closed_at=None,
    )
    there = alike.newest_first().select_related("merged_into")
    newest = there.only("version", "merged_into__version").first()
    return _as_found(newest.merged_into or newest) if newest else None


def _as_found(conversation: Conversation) -> Found:
    return Found(conversation.pk, conversation.version)
