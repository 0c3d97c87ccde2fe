"""Come back to a workstation in two gestures: one's name, then one's PIN or passkey."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.team import login
from portal.team.login import Standing
from portal.team.models import Shift
from portal.team.passkeys import WrongPasskey, ask_for_one, check_passkey
from portal.team.pins import WrongPin, check_pin
from portal.team.second_factor import TooManyCodes
from portal.team.shifts import ShiftOver, keep_place, shift_of
from portal.team.workstations import note_seen
from portal.web.access import public, safe_next, standing_of
from portal.web.account.challenges import for_return, put, site_of, taken
from portal.web.account.forms import ReturnForm
from portal.web.account.here import handed_on, person_here, sign_in_instead
from portal.web.account.kept import bring_back
from portal.web.account.second_factor import WRONG_PASSKEY
from portal.web.requests import PharmacyRequest, StaffRequest, is_htmx
from portal.web.workstation import workstation_of

NOTHING = "Tapez votre code PIN."


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@public
def return_as(request: PharmacyRequest, person_id: UUID) -> HttpResponseBase:
    """Ask who was here today for her PIN or passkey, and let her in; away from a workstation there is no such page."""
    workstation = workstation_of(request)
    if workstation is None or settings.QUICK_RETURN == "off":
        raise Http404
    now = timezone.now()
    try:
        shift = shift_of(person_id, at=workstation, now=now)
        if request.method != "POST":
            return _page(request, shift, ReturnForm(initial={"next": request.GET.get("next", "")}))
        form = ReturnForm(request.POST)
        if not form.is_valid() or not _matches(request, shift, form):
            return _page(request, shift, form, status=422)
    except ShiftOver:
        return _over(request, person_id)
    note_seen(workstation, now=now)
    return _let_in(request, shift, safe_next(form.cleaned_data["next"]))


@require_POST
@public
def return_challenge(request: PharmacyRequest, person_id: UUID) -> HttpResponseBase:
    """What the passkey of somebody who was here today shall sign."""
    workstation = workstation_of(request)
    if workstation is None or settings.QUICK_RETURN == "off":
        raise Http404
    try:
        shift = shift_of(person_id, at=workstation, now=timezone.now())
    except ShiftOver as error:
        raise Http404 from error
    return put(request, ask_for_one(shift.user, site_of(request)), for_return(person_id))


def _matches(request: PharmacyRequest, shift: Shift, form: ReturnForm) -> bool:
    """Whether passkey or PIN is right; if not, the form says what remains to be tried. Raises ShiftOver."""
    if form.cleaned_data["passkey"]:
        return _is_signed(request, shift, form)
    if not form.cleaned_data["pin"]:
        form.add_error("pin", NOTHING)
        return False
    try:
        check_pin(shift, form.cleaned_data["pin"], now=timezone.now())
    except WrongPin as wrong:
        form.add_error("pin", _left(wrong.left))
        return False
    return True


def _is_signed(request: PharmacyRequest, shift: Shift, form: ReturnForm) -> bool:
    """Raises ShiftOver: too many tries at this person's second factor."""
    try:
        check_passkey(
            shift.user,
            form.cleaned_data["passkey"],
            challenge=taken(request, for_return(shift.user_id)),
            site=site_of(request),
            now=timezone.now(),
        )
    except WrongPasskey:
        form.add_error(None, WRONG_PASSKEY)
        return False
    except TooManyCodes as error:
        raise ShiftOver from error
    return True


def _left(tries: int) -> str:
    if tries == 1:
        return "Ce n’est pas le bon code. Encore un essai, puis les deux preuves seront demandées."
    return f"Ce n’est pas le bon code. Encore {tries} essais."


def _let_in(request: PharmacyRequest, shift: Shift, next_url: str) -> HttpResponseBase:
    """Her own locked screen opens as it was; anything else becomes a session of hers, on the page that she left."""
    if _is_locked_by(request, shift):
        login.reopen(request.session, shift.user, now=timezone.now())
        if is_htmx(request):
            return render(request, "account/_unlock.html", {"unlocked": True})
        return redirect(next_url or shift.place or "inbox_home")
    if next_url and not handed_on(next_url) and request.user.is_authenticated:
        keep_place(request.session.get(login.SHIFT), cast(StaffRequest, request).user, next_url)
    login.resume(request.session, shift, pharmacy_id=request.tenant.id, now=timezone.now())
    bring_back(request, shift)
    rotate_token(request)
    return _to(request, handed_on(next_url) or safe_next(shift.place) or reverse("inbox_home"))


def _is_locked_by(request: PharmacyRequest, shift: Shift) -> bool:
    staff = cast(StaffRequest, request)
    return request.user.pk == shift.user_id and standing_of(staff) in (Standing.LOCKED, Standing.MEMBER)


def _over(request: PharmacyRequest, person_id: UUID) -> HttpResponseBase:
    """Both factors again; should her locked screen be this one, it ends, so that a password alone does not open it."""
    if request.method == "POST" and request.user.pk == person_id:
        login.end(request.session, cast(StaffRequest, request).user)
    return _to(request, sign_in_instead(request.POST.get("next", "")))


def _to(request: PharmacyRequest, target: str) -> HttpResponse:
    if is_htmx(request):
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return redirect(target)


def _page(request: PharmacyRequest, shift: Shift, form: ReturnForm, *, status: int = 200) -> HttpResponse:
    next_url = safe_next(str(form["next"].value() or ""))
    context = {
        "form": form,
        "who": person_here(request, shift),
        "in_place": is_htmx(request) and _is_locked_by(request, shift),
        "next_url": next_url,
        "instead_url": sign_in_instead(next_url),
        "digits": settings.PIN_DIGITS,
    }
    template = "account/_return.html" if is_htmx(request) else "account/return.html"
    return render(request, template, context, status=status)
