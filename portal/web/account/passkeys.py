"""One's passkeys: have one made, named; take one away; what to sign at the second step and before sensitive acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.lib.text import one_line
from portal.team import login
from portal.team.login import Standing
from portal.team.models import Passkey
from portal.team.passkeys import (
    LONGEST_NAME,
    LastFactor,
    WrongPasskey,
    add_first_passkey,
    add_passkey,
    ask_for_new,
    ask_for_one,
    remove_passkey,
    remove_phone,
)
from portal.team.second_factor import confirmed_device, has_second_factor, prepare_enrolment
from portal.web.access import requires_member, requires_password, requires_presence
from portal.web.account.challenges import NEW, OWN, put, site_of, taken
from portal.web.account.enrolment import keep_codes
from portal.web.account.entering import RENEWING, enter_fully
from portal.web.account.forms import NewPasskeyForm
from portal.web.fresh import fresh_factor, fresh_page
from portal.web.requests import StaffRequest

NOT_MADE = "Cette clé d’accès n’a pas été acceptée. Recommencez, ou choisissez une autre clé."


@require_POST
@requires_presence
def passkey_challenge(request: StaffRequest) -> HttpResponseBase:
    """What one's own passkey shall sign: at the second step, or before a sensitive act."""
    return put(request, ask_for_one(request.user, site_of(request)), OWN)


@require_POST
@requires_password
def passkey_new_challenge(request: StaffRequest) -> HttpResponseBase:
    if not _may_add(request):
        raise Http404
    return put(request, ask_for_new(request.user, site_of(request)), NEW)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_password
def passkey_new(request: StaffRequest) -> HttpResponseBase:
    """A first factor beside the password, as the phone would be; or another one, once both are proved."""
    if request.standing is Standing.MEMBER:
        return _another(request)
    return redirect("second_factor") if has_second_factor(request.user) else _add(request)


@require_POST
@requires_member
@fresh_factor
def passkey_remove(request: StaffRequest, passkey_id: UUID) -> HttpResponseBase:
    """One's own alone; a colleague's is not there."""
    passkey = get_object_or_404(Passkey, pk=passkey_id, user=request.user)
    try:
        remove_passkey(passkey, by=request.user, now=timezone.now())
    except LastFactor:
        raise Http404 from None  # the page offers no such button
    return redirect("my_access")


@require_POST
@requires_member
@fresh_factor
def phone_remove(request: StaffRequest) -> HttpResponseBase:
    """Where a passkey takes its place."""
    phone = confirmed_device(request.user)
    if phone is None:
        raise Http404
    try:
        remove_phone(phone, by=request.user, now=timezone.now())
    except LastFactor:
        raise Http404 from None
    return redirect("my_access")


@require_POST
@requires_member
@fresh_factor
def phone_new(request: StaffRequest) -> HttpResponseBase:
    """Link a phone beside the passkeys, or another instead of the one there is."""
    prepare_enrolment(request.user)
    request.session[RENEWING] = timezone.now().timestamp()
    return redirect("enrol_totp")


@fresh_page
def _another(request: StaffRequest) -> HttpResponseBase:
    return _add(request)


def _may_add(request: StaffRequest) -> bool:
    if request.standing is Standing.MEMBER:
        return login.is_proved(request.session, now=timezone.now())
    return not has_second_factor(request.user)


def _add(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, NewPasskeyForm())
    form = NewPasskeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        return _added(request, form.cleaned_data)
    except WrongPasskey:
        form.add_error(None, NOT_MADE)
        return _page(request, form, status=422)


def _added(request: StaffRequest, typed: dict[str, Any]) -> HttpResponseBase:
    """Raises WrongPasskey."""
    challenge = taken(request, NEW)
    answer, name, site = typed["passkey"], one_line(typed["name"], LONGEST_NAME), site_of(request)
    if request.standing is Standing.MEMBER:
        add_passkey(request.user, answer, challenge=challenge, site=site, name=name)
        return redirect("my_access")
    passkey, codes = add_first_passkey(request.user, answer, challenge=challenge, site=site, name=name)
    enter_fully(request, passkey)
    keep_codes(request, codes)
    return redirect("recovery_codes")


def _page(request: StaffRequest, form: NewPasskeyForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "first": request.standing is not Standing.MEMBER}
    return render(request, "account/passkey.html", context, status=status)
