"""The counter's computers: enrol this browser, see which are known, revoke one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.lib.text import one_line
from portal.team.models import Workstation
from portal.team.policy import Permission
from portal.team.workstations import WorkstationNameTaken, enrol, in_service, revoke
from portal.web.access import requires
from portal.web.account.entering import OFFER_PIN, start_shift
from portal.web.console.frame import WORKSTATIONS, done, page
from portal.web.fresh import fresh_factor
from portal.web.requests import StaffRequest
from portal.web.workstation import keep_credential, workstation_of

LONGEST_NAME = 40
TAKEN = "Un autre poste porte déjà ce nom : choisissez-en un autre."


class EnrolForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME)

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"], LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class WorkstationCard:
    """One enrolled browser; `is_here`: the one that shows this page."""

    id: UUID
    name: str
    enrolled_by: str
    enrolled_at: datetime
    seen_at: datetime
    is_here: bool


@requires(Permission.MANAGE_WORKSTATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_factor
def console_workstations(request: StaffRequest) -> HttpResponseBase:
    """POST enrols the browser that asks; one that is enrolled already is not enrolled twice."""
    here = workstation_of(request)
    if request.method != "POST":
        return _page(request, EnrolForm(initial={"name": _next_name()}), here)
    form = EnrolForm(request.POST)
    if here is not None or not form.is_valid():
        return _page(request, form, here, status=422)
    now = timezone.now()
    try:
        workstation, credential = enrol(name=form.cleaned_data["name"], by=request.user, now=now)
    except WorkstationNameTaken:
        form.add_error("name", TAKEN)
        return _page(request, form, here, status=422)
    start_shift(request, workstation, now=now)  # both factors were just asked for
    request.session.pop(OFFER_PIN, None)
    response = done(reverse("console_workstations"), "poste")
    keep_credential(response, credential)
    return response


@requires(Permission.MANAGE_WORKSTATIONS)
@require_POST
@fresh_factor
def console_workstation_revoke(request: StaffRequest, workstation_id: UUID) -> HttpResponseBase:
    workstation = Workstation.objects.filter(pk=workstation_id, revoked_at=None).first()
    if workstation is None:
        raise Http404
    revoke(workstation, by=request.user, now=timezone.now())
    return done(reverse("console_workstations"), "poste-retire")


def _next_name() -> str:
    """« Comptoir 3 » where 1 and 2 are taken."""
    names = {each.name for each in in_service()}
    return next(name for n in range(1, len(names) + 2) if (name := f"Comptoir {n}") not in names)


def _page(
    request: StaffRequest, form: EnrolForm, here: Workstation | None, *, status: int = 200
) -> HttpResponse:
    cards = [
        WorkstationCard(
            id=each.pk,
            name=each.name,
            enrolled_by=each.enrolled_by.display_name,
            enrolled_at=each.created_at,
            seen_at=each.seen_at,
            is_here=each == here,
        )
        for each in in_service()
    ]
    context = {"workstations": cards, "form": form, "here": here is not None}
    return page(request, "console/workstations.html", WORKSTATIONS, context, status=status)
