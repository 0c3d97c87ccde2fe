"""Cover a screen that was left alone, and open it again where it was."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.team import login
from portal.team.login import Standing, TooManyTries, WrongPassword
from portal.team.second_factor import TooManyCodes, WrongCode, check_code
from portal.team.shifts import keep_place
from portal.web.access import requires_presence, safe_next
from portal.web.account.forms import UnlockForm
from portal.web.account.here import handed_on, people_here, place_of, sign_in_instead
from portal.web.account.kept import keep_note
from portal.web.account.people import person_card
from portal.web.requests import UNATTENDED, StaffRequest, is_htmx

WRONG = "Ce n’est pas le bon mot de passe."
CODE_LENGTH = 6


@require_http_methods(["GET", "HEAD", "POST"])
@requires_presence
def lock(request: StaffRequest) -> HttpResponseBase:
    """POST locks, and keeps the page that was left. GET shows the lock; of a session that is open, it only says that
    somebody is there."""
    if request.standing is Standing.HALF:
        return redirect("second_factor")
    if request.method == "POST":
        if request.standing is Standing.MEMBER:
            place = place_of(request)
            keep_place(request.session.get(login.SHIFT), request.user, place)
            keep_note(request, place)
            login.lock(request.session, request.user)
        return HttpResponse(status=204) if is_htmx(request) else redirect(_lock_before(request))
    if request.standing is Standing.LOCKED:
        return _answer(request, UnlockForm(), next_url=safe_next(request.GET.get("next")))
    if UNATTENDED not in request.META:
        login.touch(request.session, now=timezone.now())
    return HttpResponse(status=204) if is_htmx(request) else redirect("inbox_home")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@requires_presence
def unlock(request: StaffRequest) -> HttpResponseBase:
    """GET gives the form that covers a page, and keeps nothing awake. POST opens by password or code."""
    if request.standing is Standing.HALF:
        return redirect("second_factor")
    if request.method != "POST":
        return _answer(request, UnlockForm()) if is_htmx(request) else redirect("lock")
    form = UnlockForm(request.POST)
    next_url = safe_next(request.POST.get("next"))
    try:
        if not form.is_valid() or not _opened(request, form):
            return _answer(request, form, next_url=next_url, status=422)
    except TooManyTries:
        return _over(request)
    if is_htmx(request):
        return render(request, "account/_unlock.html", {"unlocked": True})
    return redirect(next_url or "inbox_home")


def _lock_before(request: StaffRequest) -> str:
    """The lock, with the page that was named to follow it."""
    following = safe_next(request.POST.get("next"))
    return f"{reverse('lock')}?{urlencode({'next': following})}" if following else reverse("lock")


def _opened(request: StaffRequest, form: UnlockForm) -> bool:
    """Whether what was typed opens the session; if not, the form says so. Raises TooManyTries: it is over."""
    typed = form.cleaned_data["password"]
    now = timezone.now()
    try:
        if _looks_like_code(typed):
            check_code(request.user, typed, now=now)
            login.reopen(request.session, request.user, now=now)
        else:
            login.unlock(request.session, request.user, typed, now=now)
    except (WrongPassword, WrongCode):
        form.add_error("password", WRONG)
        return False
    except TooManyCodes as error:
        login.end(request.session, request.user)
        raise TooManyTries from error
    return True


def _looks_like_code(typed: str) -> bool:
    digits = typed.replace(" ", "")
    return digits.isdigit() and len(digits) == CODE_LENGTH


def _answer(
    request: StaffRequest, form: UnlockForm, *, next_url: str = "", status: int = 200
) -> HttpResponse:
    template = "account/_unlock.html" if is_htmx(request) else "account/lock.html"
    here = people_here(request, next_url=next_url)
    context = {
        "form": form,
        "me": person_card(request.user),
        "next_url": next_url,
        "here": here,
        "instead_url": sign_in_instead(next_url),
        "handed_on": handed_on(next_url),
        "returns": any(each.is_me for each in here),
    }
    return render(request, template, context, status=status)


def _over(request: StaffRequest) -> HttpResponse:
    target = reverse("sign_in")
    return HttpResponse(status=401, headers={"HX-Redirect": target}) if is_htmx(request) else redirect(target)
