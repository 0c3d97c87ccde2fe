"""Open a mailbox, take its turn to be fetched, and write down how fetching and sending went."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Min
from django.db.models.functions import Now

from portal.audit.actions import Actor, record
from portal.audit.events import Event
from portal.house import alarm
from portal.lib.ids import uuid7
from portal.lib.nights import next_night
from portal.mail.addresses import check_outgoing, key_of
from portal.mail.endpoint import refuse_controls
from portal.mail.faults import TransportFault
from portal.mailboxes.connections import context_for
from portal.mailboxes.credentials import Credentials, seal
from portal.mailboxes.faults import stored_detail
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState, Security
from portal.mailboxes.schedule import CLAIM, fetch_delay, send_delay
from tenants.context import current_pharmacy
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User

logger = logging.getLogger(__name__)

WAKE = "fetch"
WAKE_SENDING = "deliver"
WAKE_NIGHT = "night"
FETCHED = ["next_fetch_at", "fetch_failures", "fetch_fault", "fetch_fault_detail", "fetch_fault_at"]
SENDING = ["send_failures", "send_retry_at", "send_fault", "send_fault_detail", "send_fault_at"]


class AddressTaken(Exception):
    """The pharmacy has this mailbox already."""


class NothingToLogInWith(Exception):
    """No certificate, no password, no token."""


@dataclass(frozen=True)
class Server:
    """Where one of the operator's servers listens."""

    host: str
    port: int
    security: Security = Security.IMPLICIT


def add_mailbox(
    *,
    address: str,
    label: str,
    imap: Server,
    smtp: Server,
    credentials: Credentials,
    trust_pem: str,
    crl_pem: str = "",
    kind: MailboxKind = MailboxKind.ORG,
    owner: User | None = None,
    login: str = "",
    folder: str = "INBOX",
    by: User | Actor | None,
) -> Mailbox:
    """Open a mailbox and have it fetched at once.

    Raises:
        BadAddress: its address could not stand in an envelope.
        MailboxFault: the authorities, the certificate, its key, or a setting is no good.
        NothingToLogInWith: nothing to show the operator.
        AddressTaken: it is there already.
    """
    if credentials.kind is None:
        raise NothingToLogInWith
    context_for(credentials, trust_pem=trust_pem, crl_pem=crl_pem)
    for setting in (imap.host, smtp.host, login, folder, label, credentials.password, credentials.token):
        refuse_controls(setting)
    mailbox_id = uuid7()
    mailbox = Mailbox(
        id=mailbox_id,
        address=key_of(check_outgoing(address)),
        label=label,
        kind=kind,
        owner=owner,
        imap_host=imap.host,
        imap_port=imap.port,
        imap_security=imap.security,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_security=smtp.security,
        folder=folder,
        credential_kind=credentials.kind,
        login=login,
        credentials=seal(credentials, mailbox_id=mailbox_id),
        trust_pem=trust_pem,
        crl_pem=crl_pem,
    )
    with transaction.atomic():
        _insert(mailbox)
        record(Event.MAILBOX_CREATE, by=by, on=("mailbox", mailbox.id), detail=f"kind={kind.lower()}")
    return mailbox


def claim_due() -> list[UUID]:
    """Take the mailboxes whose turn it is, longest overdue first.

    Each is due again after CLAIM, should this worker die before it writes down how it went; a fetch that
    takes longer is alone all the same (portal/inbound/alone.py).
    """
    with transaction.atomic():
        due = Mailbox.objects.due().order_by("next_fetch_at").select_for_update(skip_locked=True)
        ids = list(due.values_list("id", flat=True))
        if ids:
            Mailbox.objects.filter(id__in=ids).update(next_fetch_at=Now() + CLAIM)
        upcoming = _next_turn()
        if upcoming:
            wake(WAKE, upcoming)
    return ids


def record_fetch_ok(mailbox: Mailbox, *, more: bool = False, reconciled: bool = False) -> None:
    """It was read to the end, or until it had had its share (`more`): then its turn comes again at once."""
    with transaction.atomic():
        now = database_now()
        mailbox.last_ok_at = now
        mailbox.next_fetch_at = now if more else now + _pause(0)
        if reconciled:
            mailbox.reconciled_at = now
        recovered = mailbox.fetch_fault
        mailbox.fetch_failures, mailbox.fetch_fault, mailbox.fetch_fault_detail = 0, "", ""
        mailbox.fetch_fault_at = None
        mailbox.save(update_fields=[*FETCHED, "last_ok_at", "reconciled_at"])
        wake(WAKE, mailbox.next_fetch_at)
        if recovered:
            record(Event.MAILBOX_RECOVER, by=None, on=("mailbox", mailbox.id), detail="side=fetch")


def record_fetch_fault(mailbox: Mailbox, fault: TransportFault) -> None:
    """It could not be read: say why, and try again later and later, up to FETCH_SECONDS_MAX."""
    logger.warning("mailbox %s not read: %s", mailbox.id, fault.code)
    with transaction.atomic():
        now = database_now()
        is_new = mailbox.fetch_fault != fault.code
        mailbox.fetch_failures += 1
        mailbox.next_fetch_at = now + _pause(mailbox.fetch_failures)
        mailbox.fetch_fault, mailbox.fetch_fault_detail = fault.code, stored_detail(fault)
        begins = mailbox.fetch_fault_at is None
        mailbox.fetch_fault_at = mailbox.fetch_fault_at or now
        mailbox.save(update_fields=FETCHED)
        if begins:
            alarm.begins_to_wait(now)
        wake(WAKE, mailbox.next_fetch_at)
        if is_new:
            record(
                Event.MAILBOX_FAULT,
                by=None,
                on=("mailbox", mailbox.id),
                detail=f"side=fetch code={fault.code}",
            )


def fetch_soon(mailbox_id: UUID, *, everything: bool = False) -> None:
    """Have the mailbox read now; `everything` also compares all its UIDs with what is here."""
    with transaction.atomic():
        now = database_now()
        changes = {"reconciled_at": None} if everything else {}
        Mailbox.objects.filter(id=mailbox_id).update(next_fetch_at=now, **changes)
        wake(WAKE, now)


def fetch_now(mailbox: Mailbox, *, by: User) -> None:
    """A person asks for the mailbox to be read without waiting for its turn."""
    with transaction.atomic():
        fetch_soon(mailbox.id)
        record(Event.MAILBOX_FETCH_ASK, by=by, on=("mailbox", mailbox.id))


def record_send_fault(mailbox: Mailbox, fault: TransportFault) -> datetime:
    """A fault of the mailbox itself stops all its deliveries; returns when they are woken to try again.

    In a transaction of the caller, call it last: it may write to the journal.
    """
    with transaction.atomic(savepoint=False):
        now = database_now()
        is_new = mailbox.send_fault != fault.code
        mailbox.send_failures += 1
        mailbox.send_retry_at = now + send_delay(mailbox.send_failures)
        mailbox.send_fault, mailbox.send_fault_detail = fault.code, stored_detail(fault)
        begins = mailbox.send_fault_at is None
        mailbox.send_fault_at = mailbox.send_fault_at or now
        mailbox.save(update_fields=SENDING)
        if begins:
            alarm.begins_to_wait(now)
        wake(WAKE_SENDING, mailbox.send_retry_at)
        if is_new:
            record(
                Event.MAILBOX_FAULT,
                by=None,
                on=("mailbox", mailbox.id),
                detail=f"side=send code={fault.code}",
            )
    return mailbox.send_retry_at


def record_send_ok(mailbox: Mailbox) -> None:
    """The operator took a message of this mailbox: whatever stopped it is over. Called last, as above."""
    with transaction.atomic(savepoint=False):
        recovered = mailbox.send_fault
        mailbox.send_failures, mailbox.send_fault, mailbox.send_fault_detail = 0, "", ""
        mailbox.send_fault_at = mailbox.send_retry_at = None
        mailbox.last_sent_at = database_now()
        mailbox.save(update_fields=[*SENDING, "last_sent_at"])
        if recovered:
            record(Event.MAILBOX_RECOVER, by=None, on=("mailbox", mailbox.id), detail="side=send")


def database_now() -> datetime:
    """The only clock that schedules are on: workers' clocks differ (security R14)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def _insert(mailbox: Mailbox) -> None:
    mailbox.next_fetch_at = database_now()
    try:
        with transaction.atomic():
            mailbox.save(force_insert=True)
    except IntegrityError as error:
        if Mailbox.objects.filter(address=mailbox.address).exists():
            raise AddressTaken from error
        raise
    wake(WAKE, mailbox.next_fetch_at)
    wake(WAKE_NIGHT, next_night(mailbox.next_fetch_at, current_pharmacy().id))


def _next_turn() -> datetime | None:
    active = Mailbox.objects.filter(state=MailboxState.ACTIVE)
    turn: datetime | None = active.aggregate(turn=Min(F("next_fetch_at")))["turn"]
    return turn


def _pause(failures: int) -> timedelta:
    return fetch_delay(
        failures,
        first=settings.FETCH_SECONDS,
        longest=settings.FETCH_SECONDS_MAX,
        chance=random.random(),  # noqa: S311 - it only spreads the load
    )
