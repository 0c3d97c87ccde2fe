"""What stands in the way of a mailbox, in French, from the code that was stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.mail.faults import Code, TransportFault, cause, remedy
from portal.mailboxes.models import Mailbox


@dataclass(frozen=True)
class ShownFault:
    """One line of cause, one of what to do, and since when."""

    cause: str
    remedy: str
    since: datetime | None


def stored_detail(fault: TransportFault) -> str:
    """What is kept beside the code: the certificate's date where that is the cause, else the server's words."""
    return fault.when.isoformat() if fault.when else fault.detail


def fetch_fault(mailbox: Mailbox) -> ShownFault | None:
    """Why the mailbox cannot be read; None when it can."""
    return _shown(mailbox.fetch_fault, mailbox.fetch_fault_detail, mailbox.fetch_fault_at)


def send_fault(mailbox: Mailbox) -> ShownFault | None:
    """Why nothing can be sent from the mailbox; None when it can."""
    return _shown(mailbox.send_fault, mailbox.send_fault_detail, mailbox.send_fault_at)


def _shown(stored: str, detail: str, since: datetime | None) -> ShownFault | None:
    if not stored:
        return None
    code = Code(stored)
    return ShownFault(cause(code, when=_date_in(detail)), remedy(code), since)


def _date_in(detail: str) -> date | None:
    try:
        return date.fromisoformat(detail)
    except ValueError:
        return None
