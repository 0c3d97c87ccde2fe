"""Sign in by name and password; sign out."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.team import login
from portal.team.login import TooManyTries, WrongPassword, check_name_and_password
from portal.team.shifts import end_shift
from portal.web.access import public, requires_presence, safe_next
from portal.web.account.demo import demo_people
from portal.web.account.entering import enter_half
from portal.web.account.forms import SignInForm
from portal.web.account.here import handed_on, people_here, place_of, sign_in_instead
from portal.web.account.kept import keep_note
from portal.web.headers import CLEAR_SITE_DATA
from portal.web.requests import PharmacyRequest, StaffRequest, address_of
from portal.web.workstation import workstation_of

UNKNOWN = "Nom ou mot de passe inconnu. Vérifiez les deux, majuscules comprises."
TOO_MANY = (
    "Trop d’essais. Attendez un quart d’heure, ou demandez au responsable de la BAL de rouvrir votre accès."
)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@public
def sign_in(request: PharmacyRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, SignInForm(), next_url=safe_next(request.GET.get("next")))
    form = SignInForm(request.POST)
    next_url = safe_next(request.POST.get("next"))
    if not form.is_valid():
        return _page(request, form, next_url=next_url, status=422)
    try:
        user = check_name_and_password(
            form.cleaned_data["name"],
            form.cleaned_data["password"],
            address=address_of(request),
            now=timezone.now(),
        )
    except WrongPassword:
        form.add_error(None, UNKNOWN)
        return _page(request, form, next_url=next_url, status=422)
    except TooManyTries:
        form.add_error(None, TOO_MANY)
        return _page(request, form, next_url=next_url, status=429)
    return enter_half(request, user, next_url=next_url)


@require_POST
@requires_presence
def sign_out(request: StaffRequest) -> HttpResponseBase:
    """At an enrolled workstation this is the end of the person's day there."""
    user, workstation = request.user, workstation_of(request)
    keep_note(request, place_of(request))
    login.end(request.session, user)
    if workstation is not None:
        end_shift(user, at=workstation, now=timezone.now())
    left = handed_on(safe_next(request.POST.get("next")))
    response = render(request, "account/signed_out.html", {"handed_on": left})
    response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response


def _page(request: PharmacyRequest, form: SignInForm, *, next_url: str, status: int = 200) -> HttpResponse:
    asks = request.method == "POST" or "autre" in request.GET
    here = [] if asks else people_here(request, next_url=next_url)
    context = {
        "form": form,
        "next_url": next_url,
        "here": here,
        "instead_url": sign_in_instead(next_url),
        "demo": demo_people(),
    }
    return render(request, "account/sign_in.html", context, status=status)
