"""Answer by itself, where the responsible person wants it: out of hours, and who begins an exchange.

Loop-safe by RFC 3834: what may be answered at all is judged when a mail is filed (answerable.py); then, once for each,
under its row's lock, whether it is. The same transaction queues the answer, under the row's id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.conversations.automatic import answered_since, file_automatic
from portal.conversations.locking import locked_with
from portal.conversations.matching import correspondent_mark
from portal.conversations.models import Conversation, Message
from portal.conversations.people import kept
from portal.house.calendar import Calendar, calendar
from portal.inbound.alone import alone
from portal.inbound.answer_words import Words, words_for
from portal.inbound.answers_held import hold_answers
from portal.inbound.models import SAID, AnsweringRule, AutomaticAnswer, Outcome
from portal.lib.failpoints import reach
from portal.lib.ids import uuid7
from portal.mail.addresses import Address
from portal.mail.compose import OutgoingMail, Unsendable, compose, new_message_id
from portal.mailboxes.actions import database_now
from portal.mailboxes.models import Mailbox, MailboxState
from portal.outbound.addressees import Refused, check_recipients
from portal.outbound.again import enqueue
from portal.outbound.models import Delivery
from tenants.context import current_pharmacy
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

WAKE = "answer"
# One answer to one correspondent that the pharmacy is closed, however often he writes.
ONCE_IN = timedelta(hours=24)
AN_HOUR = timedelta(hours=1)
# Rows are kept so long to see the limits by.
KEPT_FOR = timedelta(days=30)
AT_ONCE = 100
SOON = timedelta(seconds=2)
BEFORE_SUBJECT = "Réponse automatique\N{NO-BREAK SPACE}: "
LONGEST_SUBJECT = 200

Beside = Callable[[Conversation], str]


def standing_rule() -> AnsweringRule | None:
    """What the responsible person wants answered; None when nothing is."""
    rule = AnsweringRule.objects.first()
    return rule if rule and (rule.closed_on or rule.receipt_on) else None


def set_rule(rule: AnsweringRule, *, by: Person | Actor) -> None:
    """These words, on or off, replace what was said before; what nobody decided yet is judged by them."""
    with transaction.atomic():
        AnsweringRule.objects.update_or_create(
            id=1,
            defaults={
                "closed_on": rule.closed_on,
                "closed_text": rule.closed_text,
                "receipt_on": rule.receipt_on,
                "receipt_text": rule.receipt_text,
            },
        )
        detail = f"closed={int(rule.closed_on)} receipt={int(rule.receipt_on)}"
        record(Event.ANSWERING_CHANGE, by=by, on=("pharmacy", current_pharmacy().id), detail=detail)


def to_decide(
    *, message_id: UUID, mailbox: Mailbox, sender: Address, fetched_at: datetime, beside: Beside | None
) -> Beside:
    """What files the question beside a message, after `beside`; the wake-up is asked for with the others."""
    return partial(_note, message_id, mailbox.pk, sender, fetched_at, beside)


def answer_due() -> None:
    """Decide what is not decided, oldest first; one worker at a time, so that limits count everything."""
    with alone(WAKE) as mine:
        if not mine:
            wake(WAKE, database_now() + SOON)
            return
        rule, hours = standing_rule(), calendar()
        waiting = list(AutomaticAnswer.objects.undecided().values_list("pk", flat=True)[:AT_ONCE])
        for each in waiting:
            _answer(each, rule, hours)
        AutomaticAnswer.objects.filter(decided_at__lt=database_now() - KEPT_FOR).delete()
        if len(waiting) == AT_ONCE:
            wake(WAKE, database_now())


def _note(
    message_id: UUID,
    mailbox_id: UUID,
    sender: Address,
    fetched_at: datetime,
    beside: Beside | None,
    conversation: Conversation,
) -> str:
    detail = beside(conversation) if beside else ""
    if conversation.blocked:
        return detail
    AutomaticAnswer.objects.create(
        message_id=message_id,
        mailbox_id=mailbox_id,
        correspondent_fingerprint=correspondent_mark(sender.key),
        begins_exchange=sender.is_patient() and conversation.version == 1,
        fetched_at=fetched_at,
    )
    return detail


def _answer(answer_id: UUID, rule: AnsweringRule | None, hours: Calendar) -> None:
    with transaction.atomic():
        due = AutomaticAnswer.objects.select_for_update().get(pk=answer_id)
        if due.decided_at is not None:
            return
        message = Message.objects.select_related("conversation__mailbox").get(pk=due.message_id)
        now = database_now()
        words = _words(due, rule, hours, now) if rule else Words(Outcome.OFF)
        outcome = words.outcome if not words.text else _hindered(due, message, now) or words.outcome
        delivery = None
        if outcome in SAID:
            reach("answering.decided")
            delivery = _queued(due, message, words, now)
            outcome = outcome if delivery else Outcome.REFUSED
        due.outcome, due.decided_at = outcome, now
        due.save(update_fields=["outcome", "decided_at"])
        _journal(delivery, outcome, message.conversation.mailbox, now)
        reach("answering.queued")


def _journal(delivery: Delivery | None, outcome: Outcome, mailbox: Mailbox, now: datetime) -> None:
    if delivery is not None:
        record(Event.MESSAGE_AUTOMATIC, by=None, on=("delivery", delivery.pk), detail=f"said={outcome.value}")
    elif outcome == Outcome.CEILING and not _held(mailbox, now):
        hold_answers(mailbox, until=now + AN_HOUR)


def _held(mailbox: Mailbox, now: datetime) -> bool:
    return mailbox.answers_held_until is not None and mailbox.answers_held_until > now


def _words(due: AutomaticAnswer, rule: AnsweringRule, hours: Calendar, now: datetime) -> Words:
    """What there is to say. Closed counts when the mail was fetched; nobody says so once the door is open again."""
    shut = hours.known and not hours.is_open(due.fetched_at) and not hours.is_open(now)
    told = AutomaticAnswer.objects.sent_since(now - ONCE_IN).filter(
        mailbox=due.mailbox_id,
        correspondent_fingerprint=due.correspondent_fingerprint,
        outcome__in=(Outcome.CLOSED, Outcome.BOTH),
    )
    is_told = rule.closed_on and shut and told.exists()
    return words_for(
        rule,
        closed=rule.closed_on and shut and not is_told,
        receipt=rule.receipt_on and due.begins_exchange,
        instead=Outcome.RECENT if is_told else Outcome.OPEN if rule.closed_on else Outcome.OFF,
        opens_at=hours.next_opening(now),
        now=now,
    )


def _hindered(due: AutomaticAnswer, message: Message, now: datetime) -> Outcome | None:
    """Why nothing is sent though there is something to say."""
    mailbox = message.conversation.mailbox
    if message.conversation.closed_at is not None:
        return Outcome.ENDED
    if mailbox.state != MailboxState.ACTIVE:
        return Outcome.OFF
    if answered_since(message.conversation, message.at):
        return Outcome.ANSWERED
    if _held(mailbox, now):
        return Outcome.CEILING
    sent = AutomaticAnswer.objects.sent_since(now - AN_HOUR).filter(mailbox=due.mailbox_id).count()
    return Outcome.CEILING if sent >= settings.AUTOMATIC_ANSWERS_PER_HOUR else None


def _queued(due: AutomaticAnswer, message: Message, words: Words, now: datetime) -> Delivery | None:
    """Into the queue of every message: white list, From label, X-MSS-NIL, frozen bytes, fence. None: refused."""
    conversation, mailbox = locked_with(message.pk), message.conversation.mailbox
    sender = message.headers["from"]
    try:
        to = check_recipients([sender["address"]], conversation)
        mail = _mail(message, to, words.text, now)
        raw = compose(mail)
    except (Refused, Unsendable):
        return None
    filed = file_automatic(
        conversation.pk,
        pk=uuid7(),
        at=now,
        to=to[0],
        headers=_headers(mail, sender),
        text=words.text,
        message_id=mail.message_id,
    )
    return enqueue(
        raw,
        mailbox=mailbox,
        message_id=filed.pk,
        addresses=[each.address for each in to],
        author=None,
        idempotency_key=due.pk,
        draft=None,
        at=now,
        leaves_at=now,
    )


def _mail(message: Message, to: tuple[Address, ...], text: str, now: datetime) -> OutgoingMail:
    """RFC 3834 3.1: Auto-Submitted, In-Reply-To, References, and a subject that says what it is."""
    mailbox, headers = message.conversation.mailbox, message.headers
    own = headers["message_id"]
    return OutgoingMail(
        sender=Address(mailbox.label, mailbox.address),
        to=to,
        subject=f"{BEFORE_SUBJECT}{headers['subject'][:LONGEST_SUBJECT]}".strip(),
        text=text,
        date=now,
        message_id=new_message_id(mailbox.address, uuid4()),
        nil=settings.MSS_NIL,
        in_reply_to=own,
        references=(*headers["references"], own) if own else (),
        auto_submitted="auto-replied",
    )


def _headers(mail: OutgoingMail, sender: dict[str, str]) -> dict[str, object]:
    return {
        "message_id": mail.message_id,
        "references": list(mail.references),
        "from": kept(mail.sender),
        "reply_to": [],
        "to": [sender],
        "cc": [],
        "subject": mail.subject,
        "date": mail.date.isoformat(),
    }
