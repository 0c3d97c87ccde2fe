"""Which mails may be answered by itself: those that one person wrote to us, and no machine (RFC 3834, 2)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from portal.mail.addresses import Address
from portal.mail.parsed import ParsedMail
from portal.mailboxes.models import Mailbox, MailboxKind

# What is older when it is fetched, after an outage, is answered by people alone.
OLDEST = timedelta(days=1)
# Of machines and of lists (RFC 3834 2, RFC 2142).
NOBODYS = re.compile(
    r"(mailer-daemon|mail-daemon|mailerdaemon|postmaster|no-?reply|ne-pas-repondre|nepasrepondre|owner-.*|.*-request)"
)


def may_be_answered(
    mail: ParsedMail, *, mailbox: Mailbox, arrived_at: datetime, fetched_at: datetime
) -> bool:
    """Whether anything may be sent back without a person.

    Never to a machine's mail (Auto-Submitted, lists, Precedence, null return path, reports), to what comes from
    ourselves, to what was not written to this mailbox by name, or to who ends the exchange. Where the return path is
    another address than the sender's, neither is known to be a person's: RFC 3834 4 would have us answer the first.
    """
    if mailbox.kind != MailboxKind.ORG or fetched_at - arrived_at > OLDEST:
        return False
    if mail.report or mail.auto_submitted != "no" or mail.from_list or mail.ends_exchange:
        return False
    return _is_a_person(mail, mailbox) and mailbox.address in {to.key for to in (*mail.to, *mail.cc)}


def _is_a_person(mail: ParsedMail, mailbox: Mailbox) -> bool:
    sender = mail.sender
    if sender is None or not sender.address or sender.key == mailbox.address:
        return False
    if mail.return_path is not None and Address("", mail.return_path).key != sender.key:
        return False
    return NOBODYS.fullmatch(sender.address.partition("@")[0].lower()) is None
