"""A colleague's absences, announced by the responsible person."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.team.absences import announce, call_off
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import done
from portal.web.console.person import active_person, person_page, person_url
from portal.web.requests import StaffRequest
from portal.web.spans import SpanForm


@requires(Permission.MANAGE_TEAM)
@require_POST
def console_absence(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    person, now = active_person(person_id), timezone.now()
    form = SpanForm(request.POST, now=now)
    if not form.is_valid():
        return person_page(request, person_id, absence_form=form, status=422)
    announce(person, begins=form.begins, ends=form.ends, by=request.user, now=now)
    return done(person_url(person_id), "absence")


@requires(Permission.MANAGE_TEAM)
@require_POST
def console_absence_remove(request: StaffRequest, person_id: UUID, absence_id: UUID) -> HttpResponseBase:
    if not call_off(absence_id, of=active_person(person_id), by=request.user):
        raise Http404
    return done(person_url(person_id), "absence-retiree")
