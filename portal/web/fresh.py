"""Sensitive acts ask for both factors again, unless they were given within the last five minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from portal.team import login
from portal.team.login import TooManyTries, WrongPassword
from portal.team.passkeys import check_passkey, passkeys_of
from portal.team.passwords import LONGEST
from portal.team.proof import prove
from portal.team.second_factor import WrongCode, check_code, confirmed_device
from portal.web.account import challenges
from portal.web.account.challenges import site_of, taken
from portal.web.account.demo import demo_code
from portal.web.account.forms import LONGEST_ANSWER
from portal.web.requests import StaffRequest

P = ParamSpec("P")
StaffView = Callable[Concatenate[StaffRequest, P], HttpResponseBase]

WRONG = "Le mot de passe ou la seconde preuve n’est pas bon. Attendez le code suivant du téléphone."
FIELDS = ("csrfmiddlewaretoken", "proof_password", "proof_code", "passkey")
# Typed for something else than signing in: never kept in a page, so typed again.
SECRETS = ("password", "passphrase", "pin", "again")


class ProofForm(forms.Form):
    proof_password = forms.CharField(max_length=LONGEST, strip=False)
    proof_code = forms.CharField(max_length=40, required=False)
    passkey = forms.CharField(max_length=LONGEST_ANSWER, required=False)


def fresh_factor(view: StaffView[P]) -> StaffView[P]:
    """Let a POST through once both factors are fresh; otherwise ask for them, and keep what was posted.

    What was typed travels in hidden fields of the question, so that answering it is the act itself.
    """

    @wraps(view)
    def guarded(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST" or login.is_proved(request.session, now=timezone.now()):
            return view(request, *args, **kwargs)
        if "proof_password" not in request.POST:
            return _question(request, ProofForm())
        form = ProofForm(request.POST)
        try:
            if not _is_proof(request, form):
                return _question(request, form)
        except TooManyTries:
            return redirect("sign_in")
        return view(request, *args, **kwargs)

    hidden: StaffView[P] = sensitive_post_parameters("proof_password", "proof_code")(guarded)
    return hidden


def fresh_page(view: StaffView[P]) -> StaffView[P]:
    """Ask for both factors before the page is shown at all: what is typed there holds files and secrets.

    Should the proof lapse meanwhile, what was typed is kept in the question, but for files and secrets.
    """

    @wraps(view)
    def guarded(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if login.is_proved(request.session, now=timezone.now()):
            return view(request, *args, **kwargs)
        if request.method != "POST":
            return _question(request, ProofForm(), status=200)
        if "proof_password" not in request.POST:
            return _question(request, ProofForm())
        form = ProofForm(request.POST)
        try:
            if not _is_proof(request, form):
                return _question(request, form)
        except TooManyTries:
            return redirect("sign_in")
        if set(request.POST) <= set(FIELDS):
            return redirect(request.get_full_path())
        return view(request, *args, **kwargs)

    hidden: StaffView[P] = sensitive_post_parameters("proof_password", "proof_code", *SECRETS)(guarded)
    return hidden


def _is_proof(request: StaffRequest, form: ProofForm) -> bool:
    """Raises TooManyTries: the session is over."""
    if not form.is_valid():
        return False
    typed = form.cleaned_data
    try:
        prove(
            request.session,
            request.user,
            password=typed["proof_password"],
            second=_second(request, typed),
            now=timezone.now(),
        )
    except (WrongPassword, WrongCode):
        form.add_error(None, WRONG)
        return False
    return True


def _second(request: StaffRequest, typed: dict[str, str]) -> Callable[[], object]:
    """How the other factor is checked: what a passkey signed, or the phone's code."""
    user, now = request.user, timezone.now()
    if not typed["passkey"]:
        return lambda: check_code(user, typed["proof_code"], now=now)
    return lambda: check_passkey(
        user, typed["passkey"], challenge=taken(request, challenges.OWN), site=site_of(request), now=now
    )


def _question(request: StaffRequest, form: ProofForm, *, status: int = 422) -> HttpResponse:
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in (*FIELDS, *SECRETS)
        for value in values
    ]
    target = request.get_full_path()
    back = reverse("console_team" if request.path.startswith("/console/") else "my_access")
    context = {"form": form, "kept": kept, "target": target, "back": back, "demo": demo_code(request.user)}
    context |= {
        "has_phone": confirmed_device(request.user) is not None,
        "has_passkey": bool(passkeys_of(request.user)),
    }
    return render(request, "account/proof.html", context, status=status)
