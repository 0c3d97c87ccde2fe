"""The views of the inbox: lists, their next page, what is new."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import fragment
from portal.web.inbox.batch_cards import batch_seen_by
from portal.web.inbox.places import TO_DO, Place, read_cursor
from portal.web.inbox.shell import NOTHING, Spot, news, shell
from portal.web.requests import StaffRequest, is_htmx


@requires(Permission.READ)
@require_safe
def inbox_home(request: StaffRequest) -> HttpResponse:
    return HttpResponseRedirect(TO_DO.url)


@requires(Permission.READ)
@require_safe
def inbox_view(request: StaffRequest, view: Place) -> HttpResponse:
    """One page of a list; htmx asks for the following ones, to be put below."""
    after = read_cursor(request.GET.get("apres"))
    batch = batch_seen_by(request.user, request.GET["lot"]) if "lot" in request.GET else None
    template = "inbox/_more.html" if after and is_htmx(request) else "inbox/shell.html"
    return fragment(request, template, {"shell": shell(request.user, Spot(view, after)), "batch": batch})


@requires(Permission.READ)
@require_safe
def inbox_news(request: StaffRequest, view: Place) -> HttpResponse:
    """What is new: asked by the page every 30 seconds, and by a live one, which takes the rows too, when told."""
    if request.GET.get("rangs"):
        return fragment(request, "inbox/_rows_again.html", {"shell": shell(request.user, Spot(view))})
    since = read_cursor(request.GET.get("depuis")) or NOTHING
    return fragment(request, "inbox/_news.html", {"shell": news(request.user, view, since)})
