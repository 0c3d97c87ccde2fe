"""One's own absences: announced and called off by oneself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.team.absences import announce, call_off
from portal.web.absences import absence_cards
from portal.web.access import requires_member
from portal.web.requests import StaffRequest
from portal.web.spans import SpanForm


@require_http_methods(["GET", "HEAD", "POST"])
@requires_member
def my_absences(request: StaffRequest) -> HttpResponseBase:
    now = timezone.now()
    if request.method != "POST":
        return _page(request, SpanForm(now=now), now)
    form = SpanForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, form, now, status=422)
    announce(request.user, begins=form.begins, ends=form.ends, by=request.user, now=now)
    return redirect("my_absences")


@require_POST
@requires_member
def my_absence_remove(request: StaffRequest, absence_id: UUID) -> HttpResponseBase:
    if not call_off(absence_id, of=request.user, by=request.user):
        raise Http404
    return redirect("my_absences")


def _page(request: StaffRequest, form: SpanForm, now: datetime, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "absences": absence_cards(request.user.pk, now)}
    return render(request, "account/absences.html", context, status=status)
