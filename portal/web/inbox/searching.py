"""Look for conversations by words, which stand in no address: they come in a body, and wait sealed in the session."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.conversations.finding import note_search
from portal.conversations.query import LONGEST_QUERY, Misasked, NothingToLookFor
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import fragment
from portal.web.inbox.asking import keep, kept, query_of
from portal.web.inbox.cards import ListCard
from portal.web.inbox.finds import found_again, misasked
from portal.web.inbox.places import SEARCH
from portal.web.inbox.shell import Spot, shell
from portal.web.requests import StaffRequest, is_htmx


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=LONGEST_QUERY)


@requires(Permission.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Ask by POST, be led to what was found; coming back to the page finds it again."""
    if request.method == "POST":
        return _ask(request)
    after = _after(request.GET.get("suite", ""))
    listing, status = found_again(request, after=after)
    template = "inbox/_more.html" if after and is_htmx(request) else "inbox/shell.html"
    return _page(request, template, listing, kept(request), status)


def _ask(request: StaffRequest) -> HttpResponse:
    form = SearchForm(request.POST)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    try:
        query_of(text)
    except Misasked as wrong:
        return _page(request, "inbox/shell.html", misasked(wrong), text, 422)
    except NothingToLookFor:
        pass  # said on the page of what was found
    if text:
        note_search(text, by=request.user)
    keep(request, text)
    return HttpResponseRedirect(reverse("search"))


def _page(request: StaffRequest, template: str, listing: ListCard, text: str, status: int) -> HttpResponse:
    around = shell(request.user, Spot(SEARCH, listing=listing, words=text))
    return fragment(request, template, {"shell": around}, status=status)


def _after(text: str) -> UUID | None:
    """Where a next page begins; whatever is none means the first one."""
    try:
        return UUID(text)
    except ValueError:
        return None
