"""The ways a notice can leave: e-mail, and text messages where a provider is configured (sms.py)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from portal.mail.endpoint import Security
from portal.mail.faults import Code, MailboxFault, PermanentFault, TemporaryFault
from portal.mail.smtp import SmtpSettings, State, Submission, Verdict
from portal.mail.wire import Limits
from portal.notices import sms
from portal.notices.models import Way
from portal.notices.words import Words

# Shorter than a notice's lease (deliver.py), all together.
LIMITS = Limits(connect=15.0, idle=20.0, command=20.0, final=60.0)


class Gateway(Protocol):
    """One way to reach an address. A class of one's own for text messages is made without arguments."""

    def send(self, words: Words, *, to: str, message_id: str, at: datetime) -> None:
        """Raises TransportFault: temporary, permanent, or the sender's own (MailboxFault)."""


@dataclass(frozen=True)
class EmailGateway:
    """Ordinary e-mail through one submission server, over TLS that is always verified."""

    endpoint: SmtpSettings
    sender: Address

    def send(self, words: Words, *, to: str, message_id: str, at: datetime) -> None:
        raw = _composed(self.sender, words, to=to, message_id=message_id, at=at)
        with Submission.connect(self.endpoint) as line:
            outcome = line.send(
                raw,
                sender=self.sender.addr_spec,
                recipients=[to],
                envelope_id=message_id,
                before_dot=lambda: True,
                dsn=False,
            )
        _raise_unless_taken(outcome.verdicts[0])


def can_send(way: Way = Way.EMAIL) -> bool:
    """Whether a sender is configured (docs/configuration.md)."""
    if way == Way.SMS:
        return sms.is_configured()
    return bool(settings.NOTICE_SMTP_HOST and settings.NOTICE_FROM)


def gateway(way: Way = Way.EMAIL) -> Gateway:
    """The configured sender.

    Raises:
        MailboxFault: there is none, or what is configured makes no sense.
    """
    return _email_gateway() if way == Way.EMAIL else _sms_gateway()


def _sms_gateway() -> Gateway:
    if not settings.SMS_GATEWAY:
        return sms.JsonGateway.configured()
    try:
        own: Gateway = import_string(settings.SMS_GATEWAY)()
    except (ImportError, TypeError) as error:
        raise MailboxFault(Code.SETTINGS_ADDRESS) from error
    return own


def _email_gateway() -> Gateway:
    name, address = parseaddr(settings.NOTICE_FROM)
    try:
        sender, security = Address(name, addr_spec=address), Security(settings.NOTICE_SMTP_TLS)
        # The authorities of this machine; or one authority alone, for a relay in one's own network.
        context = ssl.create_default_context(cafile=settings.NOTICE_SMTP_CA or None)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise MailboxFault(Code.SETTINGS_ADDRESS) from error
    except OSError as error:
        raise MailboxFault(Code.SETTINGS_TRUST) from error
    if not can_send():
        raise MailboxFault(Code.SETTINGS_ADDRESS)
    return EmailGateway(
        SmtpSettings(
            host=settings.NOTICE_SMTP_HOST,
            port=settings.NOTICE_SMTP_PORT,
            context=context,
            security=security,
            login=settings.NOTICE_SMTP_USER or None,
            password=settings.NOTICE_SMTP_PASSWORD or None,
            limits=LIMITS,
        ),
        sender,
    )


def _composed(sender: Address, words: Words, *, to: str, message_id: str, at: datetime) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = words.subject
    message["Date"] = format_datetime(at)
    # The same at each attempt: should it leave twice, a mail program shows it once.
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answer, please
    message.set_content(words.text, cte="quoted-printable")
    return message.as_bytes()


def _raise_unless_taken(verdict: Verdict) -> None:
    """The server's words may repeat the address: its code alone is kept."""
    if verdict.state is State.PERMANENT:
        raise PermanentFault(Code.REJECTED, str(verdict.code))
    if verdict.state is not State.ACCEPTED:  # not now, or the answer was lost: twice is better than never
        raise TemporaryFault(Code.DEFERRED, str(verdict.code or ""))
