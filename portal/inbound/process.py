"""Make conversations of stored bytes: read in the confined child, then file in one transaction."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Prefetch
from django.utils import timezone

from portal.audit.events import Event
from portal.conversations.actions import file_message
from portal.conversations.models import Conversation
from portal.conversations.readiness import ask_for_words
from portal.conversations.unopened import STILL_TODO
from portal.inbound import answering
from portal.inbound.alone import alone
from portal.inbound.answerable import may_be_answered
from portal.inbound.examine import Examined, ahead
from portal.inbound.models import AnsweringRule, RawMessage, RawState
from portal.inbound.quarantine import CRASHED, NO_BYTES, NOT_FILED, quarantine
from portal.inbound.scanning import scan_pending
from portal.inbound.store import WAKE
from portal.lib.confined import ChildUnavailable
from portal.lib.failpoints import reach
from portal.lib.ids import uuid7
from portal.mail.addresses import Address
from portal.mail.parsed import ParsedMail, Report, Unreadable
from portal.mailboxes.models import Mailbox
from portal.outbound import receipts
from portal.patients.identity import identify
from portal.prescriptions.actions import open_from_message
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

PARSER_VERSION = 1
BATCH_COUNT = 20
BATCH_SIZE = 4 * 1024 * 1024
MOST_ATTEMPTS = 5
TURN_SECONDS = 120.0
SOON = timedelta(seconds=2)
NOBODY = Address("", "")


Opening = Callable[[Conversation], str]


class _Taken(Exception):
    """Somebody else dealt with this row."""


def process_stored(*, wait: bool = False) -> None:
    """File whatever is stored, in order of arrival; one worker at a time, so that answers follow questions.

    `wait` until another one has finished instead of leaving it to that one. Raises ChildUnavailable.
    """
    with alone("process", wait=wait) as mine:
        if not mine:
            wake(WAKE, timezone.now() + SOON)  # what is stored right now might escape the other one
            return
        ends = time.monotonic() + TURN_SECONDS
        while batch := _next_batch():
            _process(batch)
            if time.monotonic() > ends and not wait:
                wake(WAKE, timezone.now())
                return
        scan_pending()
        ask_for_words()


def _next_batch() -> list[RawMessage]:
    """The next few rows, counted as tried. After a crash they come one at a time: only the culprit is blamed."""
    stored = RawMessage.objects.filter(state=RawState.STORED).order_by("stored_at", "id")
    chosen: list[UUID] = []
    room = BATCH_SIZE
    for pk, size, attempts in stored.values_list("id", "size", "attempts")[:BATCH_COUNT]:
        room -= size
        if chosen and (attempts or room < 0):
            break
        chosen.append(pk)
        if attempts:
            break
    if not chosen:
        return []
    rows = RawMessage.objects.filter(id__in=chosen)
    rows.update(attempts=F("attempts") + 1)
    mailboxes = Mailbox.objects.defer("credentials", "trust_pem", "crl_pem")
    return list(rows.order_by("stored_at", "id").prefetch_related(Prefetch("mailbox", mailboxes)))


def _process(batch: Sequence[RawMessage]) -> None:
    """Deal with each; what an outage leaves undone does not count as tried."""
    left = {raw.pk for raw in batch}
    try:
        rule = answering.standing_rule()
        for raw, reading in ahead(_with_bytes(batch)):
            _deal_with(raw, reading, rule)
            left.discard(raw.pk)
    except (OperationalError, InterfaceError, ChildUnavailable):
        RawMessage.objects.filter(pk__in=left, state=RawState.STORED).update(attempts=F("attempts") - 1)
        wake(WAKE, timezone.now() + SOON)
        raise


def _with_bytes(batch: Sequence[RawMessage]) -> Iterator[tuple[RawMessage, bytes]]:
    for raw in batch:
        if raw.attempts > MOST_ATTEMPTS:
            quarantine(raw, CRASHED)
            continue
        try:
            yield raw, raw.read_blob()
        except (Unopenable, BlobMissing):
            quarantine(raw, NO_BYTES)


def _deal_with(raw: RawMessage, reading: Future[Examined], rule: AnsweringRule | None) -> None:
    """Nothing that a mail holds stops the next one."""
    try:
        file(raw, reading.result(), rule)
    except _Taken:
        logger.info("raw message %s was dealt with by another worker", raw.pk)
    except Unreadable as error:
        quarantine(raw, error.reason)
    except (OperationalError, InterfaceError, ChildUnavailable):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.error(  # noqa: TRY400 - with its trace goes its text, which may quote the mail
            "raw message %s: %s in %s:%s", raw.pk, type(error).__name__, place.name, place.lineno
        )
        quarantine(raw, NOT_FILED)
    reach("inbound.after-process")


def file(raw: RawMessage, examined: Examined, rule: AnsweringRule | None = None) -> None:
    """All that a message changes, in one transaction of at most twelve statements, or fourteen where `rule` has
    some mails answered by themselves.

    What a report says of ours was taken in before, and that a mail answers one of which it was not certain that it had
    left is looked for afterwards: each ends with the journal, after which nothing else may be locked. Either may be
    done twice, should a worker die between the two.
    """
    mail = examined.mail
    if mail.report and _is_dealt_with(raw, mail, mail.report):
        return
    with transaction.atomic():
        message_id, at = uuid7(), _arrived_at(raw, mail)
        beside = _opening(raw, examined, message_id, at)
        answers = rule is not None and _may_be_answered(raw, mail, at)
        if answers and mail.sender:
            beside = answering.to_decide(
                message_id=message_id,
                mailbox=raw.mailbox,
                sender=mail.sender,
                fetched_at=raw.stored_at,
                beside=beside,
            )
        _take(raw, RawState.FILED, message_id)
        file_message(
            mail,
            pk=message_id,
            mailbox=raw.mailbox,
            correspondent=identify(mail.sender or NOBODY),
            at=at,
            files=examined.files,
            event=Event.MESSAGE_IMPORT if raw.uid is None else Event.MESSAGE_RECEIVE,
            beside=beside,
            wakes=answering.WAKE if answers else "",
        )
    if mail.in_reply_to and mail.sender:
        receipts.answered(
            mail.in_reply_to[:1], sender=mail.sender.address, mailbox=raw.mailbox, at=raw.stored_at
        )


def _is_dealt_with(raw: RawMessage, mail: ParsedMail, report: Report) -> bool:
    """A report that says something of a message of ours; any other one is shown to people as a message."""
    known = receipts.apply(report, mailbox=raw.mailbox, at=raw.stored_at, return_path=mail.return_path)
    if known:
        _take(raw, RawState.REPORT, None)
    return known


def _take(raw: RawMessage, state: RawState, message_id: UUID | None) -> None:
    """From stored to done, once; the message itself comes later in the transaction."""
    stored = RawMessage.objects.filter(pk=raw.pk, state=RawState.STORED)
    if not stored.update(state=state, message_id=message_id, parser_version=PARSER_VERSION):
        raise _Taken


def _opening(raw: RawMessage, examined: Examined, message_id: UUID, at: datetime) -> Opening | None:
    """What opens a prescription of this mail, should it hold one; not of an archive, nor of an old mail."""
    if raw.uid is None or raw.stored_at - at > STILL_TODO:
        return None
    return partial(open_from_message, message_id=message_id, files=examined.files, at=at)


def _may_be_answered(raw: RawMessage, mail: ParsedMail, at: datetime) -> bool:
    """Not what was brought along from a file, nor what was in quarantine until now: it is looked at by people."""
    if raw.uid is None or raw.reason:
        return False
    return may_be_answered(mail, mailbox=raw.mailbox, arrived_at=at, fetched_at=raw.stored_at)


def _arrived_at(raw: RawMessage, mail: ParsedMail) -> datetime:
    """When the operator received it; for a file, when it says it was written. Never after it came here."""
    claimed = mail.date if raw.uid is None else raw.internal_date
    return min(claimed, raw.stored_at) if claimed else raw.stored_at
