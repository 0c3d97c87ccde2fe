"""Tester la connexion: asked for here, done by the worker, shown step by step as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.mailboxes.models import Mailbox, Probe
from portal.mailboxes.probe_words import ShownSide, shown_sides
from portal.mailboxes.probing import ask_probe, findings_of, is_under_way, is_whole
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import MAILBOX, page
from portal.web.requests import StaffRequest, is_htmx


@dataclass(frozen=True, slots=True)
class ProbeCard:
    """The last try of a mailbox; `sides` are empty when there was none."""

    id: UUID
    url: str
    under_way: bool
    broken_off: bool
    done_at: datetime | None
    works: bool
    sides: tuple[ShownSide, ...] = ()


@requires(Permission.MANAGE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def console_probe(request: StaffRequest, mailbox_id: UUID) -> HttpResponseBase:
    """A page of its own for who has no JavaScript; htmx takes the part that changes."""
    mailbox = own_mailbox(request, mailbox_id)
    if request.method == "POST":
        ask_probe(mailbox, by=request.user)
        if not is_htmx(request):
            return redirect("console_probe", mailbox_id=mailbox_id)
    probe = Probe.objects.filter(mailbox=mailbox).first()
    context = {"probe": probe_card(mailbox, probe), "box": mailbox}
    if is_htmx(request):
        return render(request, "console/_probe.html", context)
    return _page(request, context)


def own_mailbox(request: StaffRequest, mailbox_id: UUID) -> Mailbox:
    """A shared mailbox, or one's own. Raises Http404."""
    mailbox = Mailbox.objects.seen_by(request.user.pk).filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404
    return mailbox


def probe_card(mailbox: Mailbox, probe: Probe | None) -> ProbeCard:
    """Asks the database nothing."""
    now = timezone.now()
    url = reverse("console_probe", args=[mailbox.pk])
    if probe is None:
        return ProbeCard(mailbox.pk, url, under_way=False, broken_off=False, done_at=None, works=False)
    waiting = is_under_way(probe, now=now)
    sides = shown_sides(mailbox, findings_of(probe), today=timezone.localdate(now))
    return ProbeCard(
        id=mailbox.pk,
        url=url,
        under_way=waiting,
        broken_off=not waiting and not is_whole(probe),
        done_at=probe.done_at,
        works=all(side.works for side in sides),
        sides=sides,
    )


def _page(request: StaffRequest, context: dict[str, object]) -> HttpResponse:
    return page(request, "console/probe.html", MAILBOX, context)
