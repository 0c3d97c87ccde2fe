"""What the other side's machines say of our messages, back to the right recipient (RFC 3464, RFC 8098).

Anyone in the trust space can write something that looks like a report, so what it may do depends on what it
knows. Our envelope id travels between servers only, and is in no message: whoever names it is on the way that
the message took, and is believed. The Message-ID is known to everybody who was written to: a report that knows
no more must come from the null path, as RFC 3464 2 and RFC 8098 2.1 demand, speak of a recipient of that message
once it was handed over, and can never turn a known failure into a success or a success into a failure. Whatever
matches nothing is left to be filed as a message, for people to read; so is a bounce in words, which is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.matching import message_mark
from portal.lib.text import one_line
from portal.mail.parsed import ReadReport, RecipientReport, Report
from portal.mailboxes.models import Mailbox
from portal.outbound.again import address_mark
from portal.outbound.attention import ask_for_attention
from portal.outbound.evidence import clear_doubt
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from portal.outbound.rows import Held, hold

ACTIONS = {
    "failed": RecipientState.FAILED,
    "delayed": RecipientState.DELAYED,
    "delivered": RecipientState.DELIVERED,
    # Handed on to a server that reports nothing: that it left is all that is known.
    "relayed": RecipientState.ACCEPTED,
    "expanded": RecipientState.ACCEPTED,
}
UNSETTLED = frozenset({RecipientState.PENDING, RecipientState.UNCERTAIN, RecipientState.ACCEPTED})
OVER = frozenset({RecipientState.DELIVERED, RecipientState.FAILED})
EVENTS = {RecipientState.FAILED: Event.RECEIPT_FAILED, RecipientState.DELIVERED: Event.RECEIPT_DELIVERED}
MOST_DELIVERIES = 20
LONGEST_CODE = 30
LONGEST_ANSWER = 500


@dataclass(frozen=True)
class _Word:
    """What is said of one recipient, who goes by one name or two."""

    marks: frozenset[str]
    state: RecipientState
    code: str
    answer: str = ""


@dataclass(frozen=True)
class _Notice:
    """What is said, by what kind of proof, and whether whoever says it named our envelope."""

    words: Sequence[_Word]
    proof: str
    at: datetime
    trusted: bool = False


def apply(report: Report, *, mailbox: Mailbox, at: datetime, return_path: str | None = None) -> bool:
    """Take in a report that reached `mailbox` at `at`; `return_path` as in ParsedMail.

    True: it is dealt with. False: it is about nothing that we know, is not to be believed, or tells people
    more than a state can (an integration error): then it is to be filed as a message. Never called in a transaction:
    each delivery has its own, which ends with the journal. The same report again changes nothing.
    """
    if isinstance(report, ReadReport):
        known = _of_message(report.original_message_id, mailbox) if return_path == "" else []
        return _take_in(known, _Notice([_read(report)], "mdn", at)) and not report.failed
    if not report.machine:
        return False
    words = [_word(one) for one in report.recipients if one.action in ACTIONS]
    if own := _of_envelope(report.envelope_id, mailbox):
        return _take_in(own, _Notice(words, "dsn", at, trusted=True))
    known = _of_message(report.original_message_id, mailbox) if return_path == "" else []
    return _take_in(known, _Notice(words, "dsn", at))


def answered(parents: Iterable[str], *, sender: str, mailbox: Mailbox, at: datetime) -> None:
    """A mail from `sender` answers these Message-IDs: whoever answers a message has it, so a doubt is over."""
    word = _Word(frozenset({address_mark(sender)}), RecipientState.DELIVERED, "answered")
    doubtful = Delivery.objects.filter(state=DeliveryState.UNCERTAIN)
    for parent in parents:
        _take_in(_of_message(parent, mailbox, among=doubtful), _Notice([word], "answer", at))


def _of_envelope(envelope_id: str, mailbox: Mailbox) -> list[UUID]:
    try:
        named = UUID(envelope_id)
    except ValueError:
        return []
    return list(Delivery.objects.filter(pk=named, mailbox=mailbox).values_list("pk", flat=True))


def _of_message(message_id: str, mailbox: Mailbox, among: QuerySet[Delivery] | None = None) -> list[UUID]:
    """The deliveries of the message that has this Message-ID, the newest first, from the first handed over on.

    Of what the operator has not seen nobody can tell anything; of what is sent again, somebody may.
    """
    if not message_id:
        return []
    deliveries = Delivery.objects.all() if among is None else among
    of_it = deliveries.filter(message__message_id_fingerprint=message_mark(message_id), mailbox=mailbox)
    newest = list(of_it.order_by("-pk").values_list("pk", "handover_at")[:MOST_DELIVERIES])
    while newest and newest[-1][1] is None:
        newest.pop()
    return [pk for pk, _ in newest]


def _take_in(deliveries: Iterable[UUID], notice: _Notice) -> bool:
    """Write it to the first of the deliveries that has the recipient it speaks of; False if none has."""
    return any(_tell(delivery_id, notice) for delivery_id in deliveries)


def _tell(delivery_id: UUID, notice: _Notice) -> bool:
    with transaction.atomic(durable=True):
        held = hold(delivery_id)
        named = [(recipient, word) for word in notice.words for recipient in _named(held, word, notice)]
        changed = [word for recipient, word in named if _settle(held, recipient, word, notice)]
        if any(word.state == RecipientState.FAILED for word in changed):
            ask_for_attention(held.delivery)
        clear_doubt(held, proof=notice.proof)
        for word in changed:
            _journal(held, word, notice)
    return bool(named) and not any(_is_denied(recipient, word) for recipient, word in named)


def _is_denied(recipient: Recipient, word: _Word) -> bool:
    """A refusal that what is known denies stays without effect: then people read it, it is not put away."""
    return word.state == RecipientState.FAILED and recipient.state == RecipientState.DELIVERED


def _named(held: Held, word: _Word, notice: _Notice) -> list[Recipient]:
    """Whom a word is about. A forwarding server may name an address that we never wrote to."""
    found = [recipient for recipient in held.recipients if recipient.address_fingerprint in word.marks]
    alone = notice.trusted and len(held.recipients) == 1
    return found or (held.recipients if alone else [])


def _settle(held: Held, recipient: Recipient, word: _Word, notice: _Notice) -> bool:
    """Write the word, unless more is known; True if something changed."""
    recipient.reported_at = notice.at
    recipient.save(update_fields=["reported_at"])
    if not _tells_more(word, recipient, trusted=notice.trusted):
        return False
    held.settle(recipient, word.state, code=word.code, answer=word.answer)
    return True


def _tells_more(word: _Word, recipient: Recipient, *, trusted: bool) -> bool:
    if recipient.state == word.state:
        return word.state == RecipientState.DELIVERED and recipient.code != word.code
    if recipient.state in OVER:
        return trusted and word.state in OVER
    if word.state == RecipientState.ACCEPTED:
        return recipient.state in UNSETTLED
    return recipient.state != RecipientState.CANCELLED


def _word(one: RecipientReport) -> _Word:
    return _Word(
        _marks(one.final_recipient, one.original_recipient),
        ACTIONS[one.action],
        one_line(one.status, LONGEST_CODE),
        one_line(one.diagnostic, LONGEST_ANSWER),
    )


def _read(report: ReadReport) -> _Word:
    """Displayed, processed or deleted: it was delivered in any case."""
    return _Word(
        _marks(report.final_recipient, report.original_recipient),
        RecipientState.DELIVERED,
        one_line(report.disposition, LONGEST_CODE),
    )


def _marks(*names: str) -> frozenset[str]:
    return frozenset(address_mark(name) for name in names if name)


def _journal(held: Held, word: _Word, notice: _Notice) -> None:
    event = Event.RECEIPT_READ if notice.proof == "mdn" else EVENTS.get(word.state)
    if event:
        record(event, by=None, on=("delivery", held.delivery.pk), detail=f"proof={notice.proof}")
