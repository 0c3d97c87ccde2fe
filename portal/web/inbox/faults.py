"""What stands in the way of a mailbox, in one French line each for the top of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from portal.lib.ids import made_at
from portal.lib.prepared import prepared
from portal.mailboxes.faults import ShownFault, fetch_fault, send_fault
from portal.mailboxes.models import Mailbox, MailboxState
from portal.notices.failing import unheard_since
from portal.outbound.models import Delivery
from portal.outbound.retry import GIVE_UP_AFTER
from portal.outbound.wording import moment
from portal.team.models import User

HEAVY = ("credentials", "trust_pem", "crl_pem")
PATIENCE = timedelta(minutes=5)
NEVER_READ = timedelta(minutes=10)
HELD_UP = timedelta(minutes=15)  # security R16
OLDEST = "oldest_given_up_at"
UNHEARD = "unheard_since"
NBSP = "\N{NO-BREAK SPACE}"
ANSWERS_HELD = "Les réponses automatiques sont suspendues jusqu’"
TOO_MANY = "trop en une heure. Les messages, eux, sont tous reçus."
STUCK = (
    "l’envoi n’avance pas sur ce serveur. Rien n’est perdu, de nouveaux essais suivent. "
    "Si cela presse, téléphonez au destinataire."
)


def mailboxes_of(me: User, *, only: UUID | None = None) -> Iterable[Mailbox]:
    """Those this person sees, without what nobody may read, each with its oldest message that does not leave.

    For the responsible person also when an alert could not leave.
    """
    return _mailboxes(me.pk, only, me.is_responsible)


@prepared
def _mailboxes(me: UUID, only: UUID | None, with_alerts: bool) -> QuerySet[Mailbox]:
    stuck = Delivery.objects.held_up(for_at_least=HELD_UP).filter(mailbox=OuterRef("pk"))
    oldest = Subquery(stuck.order_by("give_up_at").values("give_up_at")[:1])
    seen = Mailbox.objects.seen_by(me)
    seen = seen if only is None else seen.filter(pk=only)
    seen = seen.annotate(**{UNHEARD: unheard_since()}) if with_alerts else seen
    return seen.defer(*HEAVY).annotate(**{OLDEST: oldest}).order_by("address")


def mailbox_faults(mailboxes: Iterable[Mailbox], *, now: datetime) -> tuple[str, ...]:
    """One line for each thing that is wrong with these mailboxes; for the responsible person, with her alerts."""
    concerned = list(mailboxes)
    return (*_lines(concerned, now), *_unheard(concerned, now))


def _unheard(mailboxes: Iterable[Mailbox], now: datetime) -> Iterator[str]:
    since = next((at for each in mailboxes if (at := getattr(each, UNHEARD, None))), None)
    if since:
        yield f"Une alerte n’est pas partie ({_bare(since, now)}){NBSP}: la console, page Alertes, dit laquelle."


def _lines(mailboxes: Iterable[Mailbox], now: datetime) -> Iterator[str]:
    for mailbox in mailboxes:
        if mailbox.state == MailboxState.PAUSED:
            yield f"La boîte « {mailbox.label} » est en pause{NBSP}: rien n’en est relevé ni envoyé."
            continue
        reading, sending = fetch_fault(mailbox), send_fault(mailbox)
        if mailbox.answers_held_until and mailbox.answers_held_until > now:
            yield f"{ANSWERS_HELD}{moment(mailbox.answers_held_until, now=now)}{NBSP}: {TOO_MANY}"
        if reading:
            yield f"Les messages n’arrivent plus{_since(reading, now)}{NBSP}: {_told(reading)}"
        elif silent := _silent(mailbox, now):
            yield f"La boîte {silent}{NBSP}: les messages reçus entre-temps ne sont pas encore ici."
        if sending:
            yield (
                f"Les envois attendent{_since(sending, now)}{NBSP}: {_told(sending)} "
                "Ils repartiront d’eux-mêmes."
            )
        elif waiting := _held_up(mailbox, now):
            yield f"Un message attend de partir depuis {waiting}{NBSP}: {STUCK}"


def _since(fault: ShownFault, now: datetime) -> str:
    return f" (depuis {_bare(fault.since, now)})" if fault.since else ""


def _told(fault: ShownFault) -> str:
    """The cause goes on in the same sentence."""
    return f"{fault.cause[:1].lower()}{fault.cause[1:]} {fault.remedy}"


def _silent(mailbox: Mailbox, now: datetime) -> str:
    """How long nothing was read though nothing is known to be wrong: the worker may be down."""
    if mailbox.last_ok_at is None:
        opened = made_at(mailbox.pk)
        late = now - opened >= NEVER_READ
        return f"n’a encore jamais pu être relevée depuis sa création ({_bare(opened, now)})" if late else ""
    longest = timedelta(seconds=settings.FETCH_SECONDS_MAX) + PATIENCE
    late = now - mailbox.last_ok_at >= longest
    return f"n’a pas pu être relevée depuis {_bare(mailbox.last_ok_at, now)}" if late else ""


def _held_up(mailbox: Mailbox, now: datetime) -> str:
    """How long the oldest message has waited that nobody takes away."""
    given_up_at: datetime | None = getattr(mailbox, OLDEST, None)
    return _lasting(now - (given_up_at - GIVE_UP_AFTER)) if given_up_at else ""


def _bare(at: datetime, now: datetime) -> str:
    """« 9:51 », « hier à 9:51 », « le 3 novembre à 9:51 », after « depuis »."""
    return moment(at, now=now).removeprefix("à ")


def _lasting(time: timedelta) -> str:
    """« 18 min », « 2 h 05 »."""
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02}" if hours else f"{minutes}{NBSP}min"
