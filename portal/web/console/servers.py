"""Find the servers of a BAL from its address, by DNS: asked for here, looked up by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.mail.addresses import BadAddress, check_outgoing, domain_of
from portal.mail.discovery import Place
from portal.mailboxes.models import Probe
from portal.mailboxes.probing import ask_servers, is_under_way, servers_of
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.requests import StaffRequest, is_htmx

ADDRESS = "setup-address"
ASKED = "cherche"
WRONG = "adresse"


@dataclass(frozen=True, slots=True)
class Search:
    """What is known of a search: nothing asked, under way, or over with what it found."""

    address: str = ""
    domain: str = ""
    asked: bool = False
    under_way: bool = False
    bad_address: bool = False
    found: Mapping[str, object] = field(default_factory=dict)


@requires(Permission.MANAGE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def console_mailbox_search(request: StaffRequest) -> HttpResponseBase:
    """POST asks; htmx looks whether it is over, and then has the form shown with what was found."""
    page = f"{reverse('console_mailbox_new')}?{ASKED}=1"
    if request.method == "POST":
        address = request.POST.get("address", "").strip()[:254]
        request.session[ADDRESS] = address
        try:
            ask_servers(domain_of(check_outgoing(address)), by=request.user)
        except BadAddress:
            return redirect(f"{reverse('console_mailbox_new')}?{WRONG}=1")
        return redirect(page)
    search = search_of(request)
    if not is_htmx(request):
        return redirect(page)
    if search.under_way:
        return render(request, "console/_search.html", {"search": search})
    return HttpResponse(headers={"HX-Redirect": page})


def search_of(request: StaffRequest) -> Search:
    """The search that this person asked for, if the page is about one."""
    address = str(request.session.get(ADDRESS, ""))
    if WRONG in request.GET:
        return Search(address, bad_address=True)
    probe = Probe.objects.filter(mailbox=None, asked_by=request.user).first()
    if probe is None or (ASKED not in request.GET and not is_htmx(request)):
        return Search(address)
    if is_under_way(probe, now=timezone.now()):
        return Search(address, probe.domain, asked=True, under_way=True)
    servers = servers_of(probe)
    found = _typed("imap", servers.reading) | _typed("smtp", servers.sending)
    return Search(address, probe.domain, asked=True, found=found)


def _typed(side: str, place: Place | None) -> dict[str, object]:
    if place is None:
        return {}
    return {f"{side}_host": place.host, f"{side}_port": place.port, f"{side}_security": place.security}
