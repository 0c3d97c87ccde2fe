"""Link a phone: the square to photograph, the first code, and ten recovery codes."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import segno
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.team.login import Standing
from portal.team.models import TotpDevice
from portal.team.second_factor import (
    confirm_enrolment,
    has_second_factor,
    pending_device,
    provisioning_uri,
    secret_text,
)
from portal.web.access import requires_member, requires_password
from portal.web.account.entering import RENEWING, enter_fully, go_on
from portal.web.account.forms import CodeForm
from portal.web.account.second_factor import WRONG, checked
from portal.web.requests import StaffRequest
from portal.web.sealed import open_for, seal_for

GROUP = 4
RENEWAL = timedelta(minutes=15)
# The codes, sealed, from their making until their reader says that they are kept.
CODES = "recovery-codes"
PURPOSE = b"account.recovery-codes"


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@requires_password
def enrol_totp(request: StaffRequest) -> HttpResponseBase:
    device = _enrolling(request)
    if device is None:
        return redirect("inbox_home")
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return _page(request, form, device)
    codes = checked(form, lambda code, now: confirm_enrolment(request.user, code, now=now), WRONG)
    if codes is None:
        return _page(request, form, device, status=422)
    enter_fully(request, device)
    request.session.pop(RENEWING, None)
    keep_codes(request, codes)
    return redirect("recovery_codes")


@require_safe
@requires_password
def totp_qr(request: StaffRequest) -> HttpResponseBase:
    device = _enrolling(request)
    if device is None:
        raise Http404
    drawing = io.BytesIO()
    square = segno.make(provisioning_uri(device, pharmacy=request.tenant.name), error="m", micro=False)
    square.save(drawing, kind="svg", scale=6, border=4, dark="#000", light="#fff")
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_member
def recovery_codes(request: StaffRequest) -> HttpResponseBase:
    """Shown until their reader says that they are kept; a page reloaded by mistake loses nothing."""
    sealed = request.session.get(CODES)
    if sealed is None:
        return redirect("inbox_home")
    if request.method == "POST":
        del request.session[CODES]
        return go_on(request, first=True)
    return render(request, "account/recovery_codes.html", {"codes": _opened(request, sealed)})


def keep_codes(request: StaffRequest, codes: tuple[str, ...]) -> None:
    """Until their reader says that they are kept."""
    request.session[CODES] = _sealed(request, codes)


def _enrolling(request: StaffRequest) -> TotpDevice | None:
    """The phone being linked: a first one, or a new one for who came in by a recovery code.

    For anybody else there is none: a password alone must not be enough to replace a phone.
    """
    if request.standing is Standing.MEMBER:
        return pending_device(request.user) if _renews(request) else None
    return None if has_second_factor(request.user) else pending_device(request.user)


def _renews(request: StaffRequest) -> bool:
    """A recovery code opened this session, or both factors asked for another phone a quarter of an hour ago at most."""
    asked = request.session.get(RENEWING, 0.0)
    return asked is True or timezone.now().timestamp() - asked < RENEWAL.total_seconds()


def _page(request: StaffRequest, form: CodeForm, device: TotpDevice, *, status: int = 200) -> HttpResponse:
    text = secret_text(device)
    context = {
        "form": form,
        "secret": " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP)),
        "may_skip": request.standing is Standing.MEMBER,
    }
    return render(request, "account/enrol_totp.html", context, status=status)


def _sealed(request: StaffRequest, codes: tuple[str, ...]) -> str:
    return seal_for(request.user.pk, PURPOSE, json.dumps(codes))


def _opened(request: StaffRequest, sealed: str) -> tuple[str, ...]:
    return tuple(json.loads(open_for(request.user.pk, PURPOSE, sealed)))
