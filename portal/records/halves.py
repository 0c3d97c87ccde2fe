"""A conversation after its messages came or went: what it counts, who is in it, what of the rest goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from portal.conversations import concerns
from portal.conversations.automatic import AUTOMATIC
from portal.conversations.concern_models import ConcernKind
from portal.conversations.filing import LONGEST_SNIPPET
from portal.conversations.locking import StaleVersion, locked
from portal.conversations.models import Attachment, Conversation, Message, MessageKind
from portal.conversations.notes import mentioned
from portal.conversations.people import addresses_of, joined
from portal.lib.ids import made_at
from portal.lib.text import one_line
from portal.mail.addresses import Address
from portal.outbound.attention import in_trouble
from portal.outbound.models import Draft, DraftState
from portal.prescriptions.models import CLOSED, Prescription

MAIL = (MessageKind.RECEIVED, MessageKind.SENT)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes from one conversation to another, by its ids; deliveries, files and tokens follow their messages."""

    messages: tuple[UUID, ...]
    drafts: tuple[UUID, ...] = ()
    papers: tuple[UUID, ...] = ()

    def written(self) -> dict[str, list[str]]:
        """As JSON keeps it."""
        return {name: [str(pk) for pk in getattr(self, name)] for name in ("messages", "drafts", "papers")}

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Parts:
        return cls(*(tuple(map(UUID, kept[name])) for name in ("messages", "drafts", "papers")))


def hold(versions: dict[UUID, int]) -> dict[UUID, Conversation]:
    """These conversations with what is begun in them: drafts before conversations, as every send takes them.

    Raises:
        StaleVersion: one has moved, or somebody began to write at this very moment.
    """
    begun = Draft.objects.filter(conversation__in=versions).order_by("pk")
    drafts = set(begun.select_for_update(of=("self",)).values_list("pk", flat=True))
    held = {pk: locked(pk, versions[pk]) for pk in sorted(versions)}
    if set(begun.values_list("pk", flat=True)) - drafts:
        raise StaleVersion
    return held


def mails_of(held: Conversation) -> list[Message]:
    """What came in and was sent, in order."""
    found = Message.objects.filter(conversation=held, kind__in=MAIL).defer("tokens")
    return list(found.order_by("at", "id"))


def carry(parts: Parts, to: Conversation) -> None:
    Message.objects.filter(pk__in=parts.messages).update(conversation=to)
    Draft.objects.filter(pk__in=parts.drafts).update(conversation=to)
    Prescription.objects.filter(pk__in=parts.papers).update(conversation=to)


def recount(held: Conversation, *, failed: bool) -> list[Message]:
    """From what it holds now; an alarm that somebody dealt with is not raised again. The caller saves it."""
    mails = mails_of(held)
    said = [mail for mail in mails if mail.what != AUTOMATIC]
    newest = said[-1] if said else None
    held.message_count = len(mails)
    held.last_sent_at = _last(said, MessageKind.SENT)
    held.last_received_at = _last(said, MessageKind.RECEIVED)
    held.snippet = one_line(newest.text[: 2 * LONGEST_SNIPPET], LONGEST_SNIPPET) if newest else ""
    held.last_message_at = newest.at if newest else held.last_message_at
    held.attachment_count = Attachment.objects.filter(message__conversation=held).count()
    papers = Prescription.objects.filter(conversation=held)
    held.prescription_count = papers.count()
    held.prescriptions_open = papers.exclude(state__in=CLOSED).count()
    drafts = Draft.objects.filter(conversation=held)
    held.submitted = drafts.filter(state=DraftState.SUBMITTED).count()
    held.scheduled = drafts.filter(state=DraftState.SCHEDULED).count()
    held.failed = failed and in_trouble(held)
    return mails


def people_in(mails: Iterable[Message], held: Conversation) -> list[dict[str, str]]:
    """Whoever takes part in these, whom it is named after first."""
    found = list(held.people[:1])
    for mail in mails:
        found = joined(found, everybody(mail), besides=(held.mailbox.address,))
    return found


def everybody(mail: Message) -> list[Address]:
    head = mail.headers
    wrote = [head["from"]] if mail.kind == MessageKind.RECEIVED and head.get("from") else []
    return addresses_of([*wrote, *head.get("to", []), *head.get("cc", [])])


def answered_by(draft: Draft, mails: Sequence[Message]) -> UUID | None:
    """The message that a draft was begun to answer: the newest one received by then."""
    asked = [
        mail for mail in mails if mail.kind == MessageKind.RECEIVED and made_at(mail.pk) <= draft.created_at
    ]
    return asked[-1].pk if asked else None


def keep_hours(held: Conversation, seen: int) -> None:
    """What leaves later from here was written in view of all that had come by version `seen`, and still is."""
    waiting = Draft.objects.filter(conversation=held, state=DraftState.SCHEDULED, seen_version__gte=seen)
    waiting.update(seen_version=held.version)


def follow_notices(old: Conversation, new: Conversation, notes: Iterable[Message]) -> None:
    """Who was named in a note that went, and whom a failure concerns that went."""
    named = {person for note in notes for person in mentioned(note)}
    if named:
        concerns.carry([ConcernKind.MENTION], named, of=old, to=new)
    if new.failed and not old.failed:
        concerns.carry([ConcernKind.FAILED], None, of=old, to=new)


def ids(rows: Any) -> tuple[UUID, ...]:
    return tuple(rows.values_list("pk", flat=True))


def _last(mails: Iterable[Message], kind: MessageKind) -> datetime | None:
    return max((mail.at for mail in mails if mail.kind == kind), default=None)
