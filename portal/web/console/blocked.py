"""The senders that are filed apart: who, by whom, why; and bring one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.conversations.blocked_models import BlockedSender
from portal.conversations.blocking import unblock
from portal.mail.addresses import Address
from portal.mailboxes.models import Mailbox
from portal.team.policy import Permission
from portal.vault.fields import SealedQuerySet
from portal.web.access import requires
from portal.web.console.frame import MAILBOX, done, page
from portal.web.inbox.people import named, short_name
from portal.web.inbox.places import BLOCKED
from portal.web.requests import StaffRequest


@dataclass(frozen=True, slots=True)
class BlockedCard:
    """One sender of the list."""

    id: UUID
    name: str
    address: str
    reason: str
    by: str
    at: datetime


@requires(Permission.MANAGE_MAILBOX)
@require_safe
def console_blocked(request: StaffRequest) -> HttpResponse:
    cards = [
        BlockedCard(
            id=each.pk,
            name=named(Address(each.label, each.address)),
            address=each.address,
            reason=each.reason,
            by=short_name(each.by.display_name),
            at=each.at,
        )
        for each in _seen(request).select_related("by").order_by("-at")
    ]
    return page(request, "console/blocked.html", MAILBOX, {"senders": cards, "view_url": BLOCKED.url})


@requires(Permission.MANAGE_MAILBOX)
@require_POST
def console_unblock(request: StaffRequest, sender_id: UUID) -> HttpResponse:
    """A second click finds nothing left to do."""
    known = _seen(request).filter(pk=sender_id).first()
    if known is None:
        raise Http404
    unblock(known, by=request.user)
    return done(reverse("console_blocked"), "debloque")


def _seen(request: StaffRequest) -> SealedQuerySet[BlockedSender]:
    """What a colleague does not want in a mailbox of her own is nobody else's business."""
    seen = Mailbox.objects.seen_by(request.user.pk).values("id")
    return BlockedSender.objects.filter(mailbox__in=seen)
