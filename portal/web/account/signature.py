"""One's own line under what one writes."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.mailboxes.signing import shared_signature
from portal.team.models import User
from portal.team.signing import LONGEST_LINE, line_of, set_line
from portal.web.access import requires_member
from portal.web.account.people import person_card
from portal.web.requests import StaffRequest

UNREADABLE = "Cette ligne contient un caractère qui ne peut pas être envoyé."


@require_http_methods(["GET", "HEAD", "POST"])
@requires_member
def my_signature(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, line_of(request.user))
    typed = request.POST.get("line", "")[: 2 * LONGEST_LINE]
    if "\0" in typed:
        return _page(request, "", fault=UNREADABLE)
    set_line(request.user, typed)
    return HttpResponseRedirect(f"{reverse('my_signature')}?fait=oui")


def _page(request: StaffRequest, line: str, *, fault: str = "") -> HttpResponse:
    context = {
        "me": person_card(request.user),
        "line": line,
        "usual": line_of(User(display_name=request.user.display_name, role=request.user.role)),
        "below": shared_signature(),
        "longest": LONGEST_LINE,
        "fault": fault,
        "done": request.GET.get("fait") == "oui",
    }
    return render(request, "account/signature.html", context, status=422 if fault else 200)
