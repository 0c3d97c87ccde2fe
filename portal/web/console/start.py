"""Mise en route: what is left to do, in order, with the next act at hand; nothing else waits for it."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.outbound.addressees import Refused
from portal.outbound.trial import send_trial
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import START, done, page
from portal.web.console.references import reference_warnings
from portal.web.console.start_steps import progress, shared_mailbox
from portal.web.requests import StaffRequest, is_htmx


@requires(Permission.MANAGE_MAILBOX, Permission.MANAGE_PHARMACY)
@require_safe
def console_start(request: StaffRequest) -> HttpResponse:
    if is_htmx(request):
        return render(request, "console/_start.html", {"progress": progress(request.user)})
    return _page(request)


@requires(Permission.MANAGE_MAILBOX, Permission.SEND)
@require_POST
def console_start_trial(request: StaffRequest) -> HttpResponseBase:
    """It goes the way of every message, undo and all."""
    mailbox = shared_mailbox()
    if mailbox is None:
        raise Http404
    try:
        send_trial(mailbox, by=request.user)
    except Refused as refused:
        return _page(request, fault=" ".join(each.reason for each in refused.refusals), status=422)
    return done(reverse("console_start"), "essai")


@requires(Permission.MANAGE_TEAM)
@require_safe
def console_home(request: StaffRequest) -> HttpResponseBase:
    """To what is left to do, while something is."""
    return redirect("console_team" if progress(request.user).over else "console_start")


def _page(request: StaffRequest, *, fault: str = "", status: int = 200) -> HttpResponse:
    context = {"fault": fault, "warnings": reference_warnings()}
    return page(request, "console/start.html", START, context, status=status)
