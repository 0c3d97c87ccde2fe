"""Change what a BAL is reached by, put it in pause and back into service."""

from __future__ import annotations

from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.mail.endpoint import refuse_controls
from portal.mailboxes.actions import WAKE, WAKE_SENDING, NothingToLogInWith, Server, database_now
from portal.mailboxes.connections import context_for
from portal.mailboxes.credentials import Credentials, seal
from portal.mailboxes.models import Mailbox, MailboxState
from tenants.wakeups import wake

SETTINGS = [
    *("label", "folder", "login", "trust_pem", "crl_pem"),
    *("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
]


def change_settings(
    mailbox: Mailbox,
    *,
    label: str,
    imap: Server,
    smtp: Server,
    folder: str,
    login: str,
    trust_pem: str,
    crl_pem: str,
    by: Person | Actor,
) -> None:
    """Its name, its servers and whom it trusts; the address and the kind never change (mssante 1.2).

    Raises:
        MailboxFault: the authorities, or a setting, are no good; nothing was changed.
    """
    context_for(Credentials(), trust_pem=trust_pem, crl_pem=crl_pem)
    for setting in (imap.host, smtp.host, folder, login, label):
        refuse_controls(setting)
    mailbox.label, mailbox.folder, mailbox.login = label, folder, login
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = imap.host, imap.port, imap.security
    mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security = smtp.host, smtp.port, smtp.security
    mailbox.trust_pem, mailbox.crl_pem = trust_pem, crl_pem
    with transaction.atomic():
        mailbox.save(update_fields=SETTINGS)
        try_again(mailbox)
        record(Event.MAILBOX_CHANGE, by=by, on=("mailbox", mailbox.pk))


def change_credentials(mailbox: Mailbox, credentials: Credentials, *, by: Person | Actor) -> None:
    """What opens it: these replace all that was there, since this process cannot read the old ones.

    Raises:
        NothingToLogInWith: nothing to show the operator.
        MailboxFault: the certificate or its key is no good; nothing was changed.
    """
    kind = credentials.kind
    if kind is None:
        raise NothingToLogInWith
    refuse_controls(credentials.password)
    context_for(credentials, trust_pem=mailbox.trust_pem, crl_pem=mailbox.crl_pem)
    mailbox.credential_kind = kind
    mailbox.credentials = seal(credentials, mailbox_id=mailbox.pk)
    with transaction.atomic():
        mailbox.save(update_fields=["credential_kind", "credentials"])
        try_again(mailbox)
        record(Event.MAILBOX_CREDENTIALS, by=by, on=("mailbox", mailbox.pk), detail=f"kind={kind}")


def pause(mailbox: Mailbox, *, by: Person | Actor) -> None:
    """Nothing is fetched and nothing leaves until it is resumed; nothing is lost."""
    with transaction.atomic():
        if Mailbox.objects.filter(pk=mailbox.pk, state=MailboxState.ACTIVE).update(state=MailboxState.PAUSED):
            record(Event.MAILBOX_STOP, by=by, on=("mailbox", mailbox.pk))


def resume(mailbox: Mailbox, *, by: Person | Actor) -> None:
    """Back into service: read at once, and what waits may leave."""
    with transaction.atomic():
        if Mailbox.objects.filter(pk=mailbox.pk, state=MailboxState.PAUSED).update(state=MailboxState.ACTIVE):
            try_again(mailbox)
            record(Event.MAILBOX_RESUME, by=by, on=("mailbox", mailbox.pk))


def try_again(mailbox: Mailbox) -> None:
    """Whatever stood in the way may be mended: read now, and let one waiting message try for all."""
    now = database_now()
    rows = Mailbox.objects.filter(pk=mailbox.pk)
    rows.update(next_fetch_at=now)
    rows.filter(send_retry_at__isnull=False).update(send_retry_at=now)
    wake(WAKE, now)
    wake(WAKE_SENDING, now)
