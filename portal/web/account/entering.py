"""The two steps in: after the password, and after the code."""

from __future__ import annotations

import django_otp
from django.http import HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils import timezone

from portal.team import login
from portal.team.models import TotpDevice, User
from portal.team.policy import Permission, allows
from portal.team.second_factor import confirmed_device, prepare_enrolment
from portal.web.access import safe_next
from portal.web.console.start_steps import progress
from portal.web.requests import PharmacyRequest, StaffRequest

NEXT = "next"
# Set when a recovery code opened this session: a new phone may be enrolled.
RENEWING = "renewing"


def enter_half(request: PharmacyRequest, user: User, *, next_url: str = "") -> HttpResponseRedirect:
    """The password was right: a new session, and on to the code, or to the phone that will give it."""
    login.begin(request.session, user, pharmacy_id=request.tenant.id, now=timezone.now())
    rotate_token(request)
    following = safe_next(next_url)
    if following:
        request.session[NEXT] = following
    if confirmed_device(user):
        return redirect("second_factor")
    prepare_enrolment(user)
    return redirect("enrol_totp")


def enter_fully(request: StaffRequest, device: TotpDevice) -> None:
    """The second factor was given too."""
    django_otp.login(request, device)
    login.complete(request.session, request.user, now=timezone.now())
    rotate_token(request)


def go_on(request: StaffRequest, *, first: bool = False) -> HttpResponseRedirect:
    """To the page that was asked for before signing in, else to the messages.

    At her `first` time the responsible person comes to what is left to set up.
    """
    following = safe_next(request.session.pop(NEXT, ""))
    if first and not following and allows(request.user, Permission.MANAGE_PHARMACY):
        return redirect("console_start" if not progress(request.user).over else "inbox_home")
    return redirect(following or "inbox_home")
