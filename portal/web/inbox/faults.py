"""What stands in the way of a mailbox, in one French line each for the top of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings

from portal.mailboxes.faults import ShownFault, fetch_fault, send_fault
from portal.mailboxes.models import Mailbox, MailboxState
from portal.outbound.wording import moment
from portal.team.models import User

HEAVY = ("credentials", "trust_pem", "crl_pem")
PATIENCE = timedelta(minutes=5)
NBSP = "\N{NO-BREAK SPACE}"


def mailboxes_of(me: User) -> Iterable[Mailbox]:
    """Those this person sees, without what nobody may read."""
    return Mailbox.objects.seen_by(me.pk).defer(*HEAVY).order_by("address")


def mailbox_faults(mailboxes: Iterable[Mailbox], *, now: datetime) -> tuple[str, ...]:
    """One line for each thing that is wrong with these mailboxes."""
    return tuple(_lines(mailboxes, now))


def _lines(mailboxes: Iterable[Mailbox], now: datetime) -> Iterator[str]:
    for mailbox in mailboxes:
        if mailbox.state == MailboxState.PAUSED:
            yield f"La boîte « {mailbox.label} » est en pause{NBSP}: rien n’en est relevé ni envoyé."
            continue
        reading, sending = fetch_fault(mailbox), send_fault(mailbox)
        if reading:
            yield f"Les messages n’arrivent plus{_since(reading, now)}{NBSP}: {_told(reading)}"
        elif silent := _silent_since(mailbox, now):
            yield (
                f"La boîte n’a pas pu être relevée depuis {silent}{NBSP}: "
                "les messages reçus entre-temps ne sont pas encore ici."
            )
        if sending:
            yield (
                f"Les envois attendent{_since(sending, now)}{NBSP}: {_told(sending)} "
                "Ils repartiront d’eux-mêmes."
            )


def _since(fault: ShownFault, now: datetime) -> str:
    return f" (depuis {_bare(fault.since, now)})" if fault.since else ""


def _told(fault: ShownFault) -> str:
    """The cause goes on in the same sentence."""
    return f"{fault.cause[:1].lower()}{fault.cause[1:]} {fault.remedy}"


def _silent_since(mailbox: Mailbox, now: datetime) -> str:
    longest = timedelta(seconds=settings.FETCH_SECONDS_MAX) + PATIENCE
    if mailbox.last_ok_at is None or now - mailbox.last_ok_at < longest:
        return ""
    return _bare(mailbox.last_ok_at, now)


def _bare(at: datetime, now: datetime) -> str:
    """« 9:51 », « hier à 9:51 », « le 3 novembre à 9:51 », after « depuis »."""
    return moment(at, now=now).removeprefix("à ")
