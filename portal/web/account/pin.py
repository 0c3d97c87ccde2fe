"""Choose the PIN by which one comes back to this workstation, or do without."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.team import login
from portal.team.models import Shift
from portal.team.pins import TrivialPin, choose_pin, drop_pin, pins_are_taken
from portal.team.shifts import own_shift
from portal.web.access import requires_member, safe_next
from portal.web.account.entering import NEXT, go_on
from portal.web.account.forms import PinForm
from portal.web.fresh import fresh_page
from portal.web.requests import StaffRequest

TRIVIAL = (
    "Ce code se devine trop vite : pas de suite, pas de répétition, pas de date de naissance. "
    "Choisissez {digits} autres chiffres."
)


@sensitive_post_parameters("pin", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@requires_member
@fresh_page
def choose(request: StaffRequest) -> HttpResponseBase:
    """For who gave both factors at this workstation today; 404 elsewhere."""
    shift = _shift(request)
    if request.method != "POST":
        return _page(request, PinForm(), shift)
    form = PinForm(request.POST)
    if not form.is_valid() or not _chosen(request, form, shift):
        return _page(request, form, shift, status=422)
    return go_on(request) if NEXT in request.session else redirect("my_access")


@require_POST
@requires_member
def drop(request: StaffRequest) -> HttpResponseBase:
    """Less than before may be done by who has the screen: nothing is asked."""
    drop_pin(_shift(request), by=request.user)
    return redirect("my_access")


def _chosen(request: StaffRequest, form: PinForm, shift: Shift) -> bool:
    try:
        choose_pin(shift, form.cleaned_data["pin"], by=request.user)
    except TrivialPin:
        form.add_error("pin", TRIVIAL.format(digits=settings.PIN_DIGITS))
        return False
    return True


def _shift(request: StaffRequest) -> Shift:
    """Raises Http404."""
    shift = own_shift(request.session.get(login.SHIFT), request.user, now=timezone.now())
    if shift is None or not pins_are_taken():
        raise Http404
    return shift


def _page(request: StaffRequest, form: PinForm, shift: Shift, *, status: int = 200) -> HttpResponse:
    waiting = safe_next(request.session.get(NEXT, ""))
    context = {
        "form": form,
        "skip_url": waiting or reverse("my_access"),
        "digits": settings.PIN_DIGITS,
        "workstation": shift.workstation.name,
        "has_pin": shift.pin is not None,
    }
    return render(request, "account/pin.html", context, status=status)
