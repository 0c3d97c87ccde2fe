"""One person of the team: what she may do here, until when, and a new access after a loss."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.notices.actions import can_tell
from portal.notices.models import NoticeKind
from portal.team.actions import (
    NotFit,
    change_role,
    deactivate,
    reset_access,
    set_email,
    set_last_day,
    transfer_responsibility,
)
from portal.team.models import Role, User
from portal.team.policy import Permission
from portal.team.roster import member
from portal.web.absences import absence_cards
from portal.web.access import requires
from portal.web.console.cards import member_card
from portal.web.console.forms import AccessForm, EmailForm, LastDayForm, RoleForm
from portal.web.console.frame import TEAM, done, page
from portal.web.console.last_notice import last_notice
from portal.web.console.links import hand_over
from portal.web.fresh import fresh_factor
from portal.web.requests import StaffRequest
from portal.web.spans import SpanForm

UNFIT = "La responsabilité se transmet à un pharmacien en service, qui s’est déjà connecté et n’a pas de dernier jour."


@requires(Permission.MANAGE_TEAM)
@require_safe
def console_person(request: StaffRequest, person_id: UUID) -> HttpResponse:
    return person_page(request, person_id)


@requires(Permission.MANAGE_TEAM)
@require_POST
@fresh_factor
def console_role(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    person, form = _other(request, person_id), RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    role = Role(form.cleaned_data["role"])
    if role != person.role:
        change_role(person, to=role, by=request.user)
    return done(person_url(person_id), "modifie")


@requires(Permission.MANAGE_TEAM)
@require_POST
@fresh_factor
def console_last_day(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    person, form = _other(request, person_id), LastDayForm(request.POST)
    if not form.is_valid():
        return person_page(request, person_id, form=form, status=422)
    set_last_day(person, to=form.cleaned_data["last_day"], by=request.user)
    return done(person_url(person_id), "date")


@requires(Permission.MANAGE_TEAM)
@require_POST
@fresh_factor
def console_email(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    """One's own too: the responsible person is told of her colleagues' last days."""
    person, form = active_person(person_id), EmailForm(request.POST)
    if not form.is_valid():
        return person_page(request, person_id, email_form=form, status=422)
    if form.cleaned_data["email"] != person.email:
        set_email(person, to=form.cleaned_data["email"], by=request.user)
    return done(person_url(person_id), "adresse")


@requires(Permission.MANAGE_TEAM)
@require_POST
@fresh_factor
def console_deactivate(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    deactivate(_other(request, person_id), by=request.user, now=timezone.now())
    return done(reverse("console_team"), "desactive")


@requires(Permission.MANAGE_TEAM, Permission.INVITE)
@require_POST
@fresh_factor
def console_access(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    """A phone, a password or a link was lost: a new link, and what went before is void."""
    person, form = _other(request, person_id), AccessForm(request.POST)
    by_email = form.is_valid() and form.cleaned_data["by_email"]
    token = reset_access(person, by=request.user, now=timezone.now())
    hand_over(request, person, token, NoticeKind.NEW_ACCESS, by_email=by_email)
    return redirect("console_link")


@requires(Permission.TRANSFER_RESPONSIBILITY)
@require_POST
@fresh_factor
def console_transfer(request: StaffRequest, person_id: UUID) -> HttpResponseBase:
    """The console is then the other person's."""
    person = _other(request, person_id)
    try:
        transfer_responsibility(to=person, by=request.user, now=timezone.now())
    except NotFit:
        return person_page(request, person_id, fault=UNFIT, status=422)
    return redirect("inbox_home")


def _other(request: StaffRequest, person_id: UUID) -> User:
    """An active colleague; one's own account is not changed here. Raises Http404."""
    if person_id == request.user.pk:
        raise Http404
    return active_person(person_id)


def active_person(person_id: UUID) -> User:
    """Raises Http404."""
    person = User.objects.select_related("responsibility").filter(pk=person_id, active=True).first()
    if person is None:
        raise Http404
    return person


def person_page(
    request: StaffRequest,
    person_id: UUID,
    *,
    form: LastDayForm | None = None,
    email_form: EmailForm | None = None,
    absence_form: SpanForm | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    found = member(person_id, now=now)
    if found is None:
        raise Http404
    until = found.user.active_until
    context = {
        "person": member_card(found, timezone.localdate(now)),
        "is_me": found.user.pk == request.user.pk,
        "may_change": found.user.active and found.user.pk != request.user.pk,
        "roles": [(value, label, value == found.user.role) for value, label in Role.choices],
        "form": form or LastDayForm(initial={"last_day": until.isoformat() if until else ""}),
        "email_form": email_form or EmailForm(initial={"email": found.user.email}),
        "absences": absence_cards(person_id, now),
        "absence_form": absence_form or SpanForm(now=now),
        "is_active": found.user.active,
        "can_tell": can_tell(),
        "notice": last_notice(person_id),
        "fault": fault,
    }
    return page(request, "console/person.html", TEAM, context, status=status)


def person_url(person_id: UUID) -> str:
    return reverse("console_person", args=[person_id])
