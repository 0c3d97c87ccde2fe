"""The second step in: the code of the phone, a passkey, or a recovery code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.team.login import Standing
from portal.team.models import Passkey, TotpDevice
from portal.team.passkeys import WrongPasskey, check_passkey, passkeys_of
from portal.team.second_factor import (
    TooManyCodes,
    WrongCode,
    check_code,
    confirmed_device,
    prepare_enrolment,
    use_recovery_code,
)
from portal.web.access import requires_password
from portal.web.account.challenges import OWN, site_of, taken
from portal.web.account.demo import demo_code
from portal.web.account.entering import RENEWING, enter_fully, go_on
from portal.web.account.forms import CodeForm, PasskeyForm
from portal.web.requests import StaffRequest

WRONG = "Ce code n’est pas bon. Attendez le suivant, et vérifiez l’heure du téléphone."
WRONG_PASSKEY = "Cette clé d’accès n’a pas répondu comme il faut. Recommencez."
WRONG_RECOVERY = "Ce code de secours n’est pas bon, ou il a déjà servi."
TOO_MANY = "Trop d’essais. Attendez un quart d’heure avant de recommencer."

T = TypeVar("T")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@requires_password
def second_factor(request: StaffRequest) -> HttpResponseBase:
    if request.standing is Standing.MEMBER:
        return redirect("inbox_home")
    if request.method != "POST":
        return _page(request, CodeForm())
    form: CodeForm | PasskeyForm
    device: TotpDevice | Passkey | None
    if "passkey" in request.POST:
        form = PasskeyForm(request.POST)
        device = _checked_passkey(request, form)
    else:
        form = CodeForm(request.POST)
        device = _checked_code(request, form)
    if device is None:
        return _page(request, form, status=422)
    enter_fully(request, device)
    return go_on(request)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@requires_password
def recovery(request: StaffRequest) -> HttpResponseBase:
    """A recovery code lets in, and lets a new phone be enrolled."""
    if request.standing is Standing.MEMBER:
        return redirect("inbox_home")
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return render(request, "account/recovery.html", {"form": form})
    device = checked(form, lambda code, now: use_recovery_code(request.user, code, now=now), WRONG_RECOVERY)
    if device is None:
        return render(request, "account/recovery.html", {"form": form}, status=422)
    prepare_enrolment(request.user)
    enter_fully(request, device)
    request.session[RENEWING] = True
    return redirect("enrol_totp")


def checked(form: CodeForm, check: Callable[[str, datetime], T], wrong: str) -> T | None:
    """What the typed code gives; None, with the reason in the form, if it gives nothing."""
    if not form.is_valid():
        return None
    try:
        return check(form.cleaned_data["code"], timezone.now())
    except WrongCode:
        form.add_error("code", wrong)
    except TooManyCodes:
        form.add_error(None, TOO_MANY)
    return None


def _checked_code(request: StaffRequest, form: CodeForm) -> TotpDevice | None:
    return checked(form, lambda code, now: check_code(request.user, code, now=now), WRONG)


def _checked_passkey(request: StaffRequest, form: PasskeyForm) -> Passkey | None:
    """The passkey that signed; None, with the reason in the form, if none did."""
    try:
        if form.is_valid():
            answer, site = form.cleaned_data["passkey"], site_of(request)
            challenge = taken(request, OWN)
            return check_passkey(request.user, answer, challenge=challenge, site=site, now=timezone.now())
    except WrongPasskey:
        form.add_error(None, WRONG_PASSKEY)
    except TooManyCodes:
        form.add_error(None, TOO_MANY)
    return None


def _page(request: StaffRequest, form: CodeForm | PasskeyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "demo": demo_code(request.user),
        "has_phone": confirmed_device(request.user) is not None,
        "has_passkey": bool(passkeys_of(request.user)),
    }
    return render(request, "account/second_factor.html", context, status=status)
