"""The screens on the wall: add one and hand over its link, renew that, take it away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.house.displays import DisplayNameTaken, add_display, displays, renew, revoke
from portal.house.models import Display
from portal.lib.text import one_line
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import WORKSTATIONS, done, page
from portal.web.requests import StaffRequest
from portal.web.sealed import open_for, seal_for

LONGEST_NAME = 40
TAKEN = "Un autre écran porte déjà ce nom : choisissez-en un autre."
# The link that was just made, sealed, until whoever made it says that the screen shows it.
LINK = "display-link"
PURPOSE = b"console.display-link"


class DisplayForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME)

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"], LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class DisplayRow:
    """One screen in service."""

    id: UUID
    name: str
    added_by: str
    renewed_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewLink:
    name: str
    url: str


@requires(Permission.MANAGE_WORKSTATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def console_displays(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, DisplayForm(initial={"name": _next_name()}))
    form = DisplayForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    name = form.cleaned_data["name"]
    try:
        token = add_display(name=name, by=request.user, now=timezone.now())
    except DisplayNameTaken:
        form.add_error("name", TAKEN)
        return _page(request, form, status=422)
    _keep(request, name, token)
    return done(reverse("console_displays"), "ecran")


@requires(Permission.MANAGE_WORKSTATIONS)
@require_POST
def console_display_shown(request: StaffRequest) -> HttpResponseBase:
    """The link is where it belongs: it is seen here no more."""
    request.session.pop(LINK, None)
    return HttpResponseRedirect(reverse("console_displays"))


@requires(Permission.MANAGE_WORKSTATIONS)
@require_POST
def console_display_renew(request: StaffRequest, display_id: UUID) -> HttpResponseBase:
    display = _found(display_id)
    _keep(request, display.name, renew(display, by=request.user, now=timezone.now()))
    return done(reverse("console_displays"), "ecran-lien")


@requires(Permission.MANAGE_WORKSTATIONS)
@require_POST
def console_display_revoke(request: StaffRequest, display_id: UUID) -> HttpResponseBase:
    revoke(_found(display_id), by=request.user, now=timezone.now())
    request.session.pop(LINK, None)
    return done(reverse("console_displays"), "ecran-retire")


def _found(display_id: UUID) -> Display:
    """Raises Http404."""
    display = Display.objects.filter(pk=display_id, revoked_at=None).first()
    if display is None:
        raise Http404
    return display


def _next_name() -> str:
    """« Écran 2 » where 1 is taken."""
    names = {each.name for each in displays()}
    return next(name for n in range(1, len(names) + 2) if (name := f"Écran {n}") not in names)


def _keep(request: StaffRequest, name: str, token: str) -> None:
    request.session[LINK] = seal_for(request.user.pk, PURPOSE, json.dumps([name, token]))


def _kept(request: StaffRequest) -> NewLink | None:
    sealed = request.session.get(LINK)
    if sealed is None:
        return None
    name, token = json.loads(open_for(request.user.pk, PURPOSE, sealed))
    return NewLink(name, request.build_absolute_uri(reverse("display", args=[token])))


def _page(request: StaffRequest, form: DisplayForm, *, status: int = 200) -> HttpResponse:
    rows = [
        DisplayRow(each.pk, each.name, each.added_by.display_name, each.renewed_at, each.seen_at)
        for each in displays()
    ]
    context = {"form": form, "displays": rows, "link": _kept(request)}
    return page(request, "console/displays.html", WORKSTATIONS, context, status=status)
