"""The BAL and its health: when it was read, what waits, what stands in the way, and reading it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.conversations import counters
from portal.conversations.models import CounterKind
from portal.mailboxes.actions import fetch_now
from portal.mailboxes.faults import ShownFault, fetch_fault, send_fault
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState, Probe
from portal.outbound.models import Delivery
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import MAILBOX, done, page
from portal.web.console.probe import ProbeCard, probe_card
from portal.web.console.references import reference_cards
from portal.web.inbox.faults import mailboxes_of
from portal.web.requests import StaffRequest


@dataclass(frozen=True, slots=True)
class MailboxCard:
    """One mailbox; `faults` have a cause, what to do, and since when."""

    id: UUID
    address: str
    label: str
    kind: str
    in_service: bool
    read_at: datetime | None
    sent_at: datetime | None
    waiting: int
    failed: int
    quarantined: int
    faults: tuple[tuple[str, ShownFault], ...]
    probe: ProbeCard
    alone: bool


@requires(Permission.MANAGE_MAILBOX)
@require_safe
def console_mailbox(request: StaffRequest) -> HttpResponse:
    """Shared mailboxes, and one's own: a colleague's personal one is nobody else's business."""
    context = {"mailboxes": _cards(request.user), "references": reference_cards()}
    return page(request, "console/mailbox.html", MAILBOX, context)


@requires(Permission.MANAGE_MAILBOX)
@require_POST
def console_fetch(request: StaffRequest, mailbox_id: UUID) -> HttpResponse:
    mailbox = (
        Mailbox.objects.seen_by(request.user.pk).filter(pk=mailbox_id, state=MailboxState.ACTIVE).first()
    )
    if mailbox is None:
        raise Http404
    fetch_now(mailbox, by=request.user)
    return done(reverse("console_mailbox"), "releve")


def _cards(me: User) -> list[MailboxCard]:
    """Four queries, whatever their number."""
    mailboxes = list(mailboxes_of(me))
    counted = counters.of_mailboxes(me.pk)
    waiting = Delivery.objects.waiting_by_mailbox()
    probes = {probe.mailbox_id: probe for probe in Probe.objects.of_mailboxes(me.pk)}
    alone = len(mailboxes) == 1
    return [
        _card(mailbox, counted, waiting.get(mailbox.pk, 0), probes.get(mailbox.pk), alone=alone)
        for mailbox in mailboxes
    ]


def _card(
    mailbox: Mailbox,
    counted: Mapping[tuple[UUID, CounterKind], int],
    waiting: int,
    probe: Probe | None,
    *,
    alone: bool,
) -> MailboxCard:
    found = (("La réception est arrêtée", fetch_fault(mailbox)), ("L’envoi est arrêté", send_fault(mailbox)))
    return MailboxCard(
        id=mailbox.pk,
        address=mailbox.address,
        label=mailbox.label,
        kind=MailboxKind(mailbox.kind).label,
        in_service=mailbox.state == MailboxState.ACTIVE,
        read_at=mailbox.last_ok_at,
        sent_at=mailbox.last_sent_at,
        waiting=waiting,
        failed=counted.get((mailbox.pk, CounterKind.FAILED), 0),
        quarantined=counted.get((mailbox.pk, CounterKind.QUARANTINE), 0),
        faults=tuple((title, fault) for title, fault in found if fault),
        probe=probe_card(mailbox, probe),
        alone=alone,
    )
