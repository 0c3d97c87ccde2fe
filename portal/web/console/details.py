"""The pharmacy's address and phone, as the public page and the form show them."""

from __future__ import annotations

import contextlib
import re

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.house.actions import set_details
from portal.house.details import details
from portal.lib.text import one_line
from portal.mailboxes.signing import (
    LONGEST_SIGNATURE,
    MOST_LINES,
    BadSignature,
    set_signature,
    shared_signature,
)
from portal.team.policy import Permission
from portal.team.signing import line_of
from portal.web.access import requires
from portal.web.console.frame import DETAILS, done, page
from portal.web.requests import StaffRequest
from portal.web.templatetags.officinal import NO_BREAK

LONGEST = 200
BAD_SIGNATURE = f"La signature tient en {MOST_LINES} lignes et {LONGEST_SIGNATURE} caractères."
BAD_PHONE = "Écrivez le numéro ainsi : 03 86 00 00 00, ou +33 3 86 00 00 00."
DIGITS = re.compile(r"(0[1-9]|\+[1-9][0-9])[0-9]{8,10}|[1-9][0-9]{3}")


class SignatureForm(forms.Form):
    signature = forms.CharField(required=False, max_length=2 * LONGEST_SIGNATURE)


class DetailsForm(forms.Form):
    address = forms.CharField(max_length=LONGEST)
    phone = forms.CharField(max_length=30)

    def clean_address(self) -> str:
        return one_line(self.cleaned_data["address"], LONGEST)

    def clean_phone(self) -> str:
        """In pairs, as it is read aloud."""
        digits = re.sub(r"[ .\-()\u00a0\u202f]", "", self.cleaned_data["phone"])
        if not DIGITS.fullmatch(digits):
            raise forms.ValidationError(BAD_PHONE)
        if digits.startswith("0") and len(digits) == 10:
            return NO_BREAK.join(digits[at : at + 2] for at in range(0, 10, 2))
        return one_line(self.cleaned_data["phone"], 30)


@requires(Permission.MANAGE_PHARMACY)
@require_http_methods(["GET", "HEAD", "POST"])
def console_details(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, DetailsForm(initial=_known(request)))
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_details(**form.cleaned_data, by=request.user)
    return done(reverse("console_details"), "coordonnees")


@requires(Permission.MANAGE_PHARMACY)
@require_POST
def console_signature(request: StaffRequest) -> HttpResponseBase:
    """What stands under every message, below the line of whoever wrote it."""
    form = SignatureForm(request.POST)
    if form.is_valid():
        with contextlib.suppress(BadSignature):
            set_signature(form.cleaned_data["signature"], by=request.user)
            return done(reverse("console_details"), "signature")
    typed = request.POST.get("signature", "")
    return _page(request, DetailsForm(initial=_known(request)), signature=typed, status=422)


def _known(request: StaffRequest) -> dict[str, str]:
    written = details()
    if written is None:
        return {"address": request.tenant.address}
    return {"address": written.address, "phone": written.phone}


def _page(
    request: StaffRequest, form: DetailsForm, *, signature: str | None = None, status: int = 200
) -> HttpResponse:
    """`signature` as it was typed and refused; else the one there is, or one to begin with."""
    now = shared_signature()
    context = {
        "form": form,
        "signature": signature if signature is not None else now or _suggested(request),
        "signed": bool(now),
        "signature_error": BAD_SIGNATURE if signature is not None else "",
        "line": line_of(request.user),
    }
    return page(request, "console/details.html", DETAILS, context, status=status)


def _suggested(request: StaffRequest) -> str:
    known = _known(request)
    lines = (request.tenant.name, known["address"], known.get("phone", ""))
    return "\n".join(line for line in lines if line)
