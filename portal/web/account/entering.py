"""The two steps in: after the password, and after the code."""

from __future__ import annotations

from datetime import datetime

import django_otp
from django.conf import settings
from django.http import HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from portal.team import login
from portal.team.models import Passkey, TotpDevice, User, Workstation
from portal.team.pins import pins_are_taken
from portal.team.policy import Permission, allows
from portal.team.second_factor import has_second_factor, prepare_enrolment
from portal.team.shifts import begin_shift
from portal.team.workstations import note_seen
from portal.web.access import safe_next
from portal.web.account.kept import bring_back
from portal.web.console.start_steps import progress
from portal.web.requests import PharmacyRequest, StaffRequest
from portal.web.workstation import workstation_of

NEXT = "next"
# Set at somebody's first time at a workstation: she may choose a PIN there.
OFFER_PIN = "offer-pin"
# Set when a recovery code opened this session, or when another phone was asked for: a new one may be enrolled.
RENEWING = "renewing"


def enter_half(request: PharmacyRequest, user: User, *, next_url: str = "") -> HttpResponseRedirect:
    """The password was right: a new session, and on to the code, or to the phone that will give it."""
    login.begin(request.session, user, pharmacy_id=request.tenant.id, now=timezone.now())
    rotate_token(request)
    following = safe_next(next_url)
    if following:
        request.session[NEXT] = following
    if has_second_factor(user):
        return redirect("second_factor")
    prepare_enrolment(user)
    return redirect("enrol_totp")


def enter_fully(request: StaffRequest, device: TotpDevice | Passkey) -> None:
    """The second factor was given too. At an enrolled workstation the person's day begins there."""
    now = timezone.now()
    django_otp.login(request, device)
    login.complete(request.session, request.user, now=now)
    rotate_token(request)
    workstation = workstation_of(request)
    if workstation is not None:
        note_seen(workstation, now=now)
        start_shift(request, workstation, now=now)


def start_shift(request: StaffRequest, workstation: Workstation, *, now: datetime) -> None:
    """Who just gave both factors at a workstation comes back to it more quickly until the end of her day."""
    if settings.QUICK_RETURN == "off":
        return
    proof = request.session[DEVICE_ID_SESSION_KEY]
    shift, first = begin_shift(request.user, at=workstation, proof=proof, now=now)
    request.session[login.SHIFT] = str(shift.pk)
    bring_back(request, shift)
    if first and pins_are_taken():
        request.session[OFFER_PIN] = True


def go_on(request: StaffRequest, *, first: bool = False) -> HttpResponseRedirect:
    """To the page that was asked for before signing in, else to the messages; at a new workstation by way of a PIN.

    At her `first` time the responsible person comes to what is left to set up.
    """
    target = _target(request, first=first)
    if request.session.pop(OFFER_PIN, False):
        request.session[NEXT] = target
        return redirect("choose_pin")
    return redirect(target)


def _target(request: StaffRequest, *, first: bool) -> str:
    following = safe_next(request.session.pop(NEXT, ""))
    if first and not following and allows(request.user, Permission.MANAGE_PHARMACY):
        return reverse("console_start" if not progress(request.user).over else "inbox_home")
    return following or reverse("inbox_home")
