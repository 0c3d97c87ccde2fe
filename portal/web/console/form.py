"""The public form: its information notice, open or closed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.house.details import details
from portal.intake.actions import NoMailbox, NoticeMissing, close_form, open_form, write_notice
from portal.intake.form import current_notice, form_mailbox, form_state
from portal.intake.opening import LONGEST_NOTICE
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import FORM, done, page
from portal.web.requests import StaffRequest
from tenants.models import Pharmacy

EMPTY = "Écrivez la notice : sans elle, rien ne peut être demandé à un patient."
NO_NOTICE = "Le formulaire reste fermé : enregistrez d’abord la notice d’information."
NO_MAILBOX = (
    "Le formulaire reste fermé : la pharmacie n’a pas encore de BAL organisationnelle, "
    "où les demandes arriveraient."
)


class NoticeForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_NOTICE,
        error_messages={"required": EMPTY, "max_length": "Cette notice est trop longue pour être lue."},
    )


@requires(Permission.MANAGE_PHARMACY)
@require_http_methods(["GET", "HEAD", "POST"])
def console_form(request: StaffRequest) -> HttpResponseBase:
    """Read and write the notice."""
    if request.method != "POST":
        return _page(request, None)
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        write_notice(form.cleaned_data["text"], by=request.user)
    except NoticeMissing:
        form.add_error("text", EMPTY)
        return _page(request, form, status=422)
    return done(reverse("console_form"), "notice")


@requires(Permission.MANAGE_PHARMACY)
@require_POST
def console_form_open(request: StaffRequest) -> HttpResponseBase:
    try:
        open_form(by=request.user)
    except NoticeMissing:
        return _page(request, None, fault=NO_NOTICE, status=422)
    except NoMailbox:
        return _page(request, None, fault=NO_MAILBOX, status=422)
    return done(reverse("console_form"), "ouvert")


@requires(Permission.MANAGE_PHARMACY)
@require_POST
def console_form_close(request: StaffRequest) -> HttpResponseBase:
    close_form(by=request.user)
    return done(reverse("console_form"), "ferme")


def starter(pharmacy: Pharmacy) -> str:
    """Words to begin from: what article 13 of the RGPD asks for, for this one use."""
    written = details()
    context = {"name": pharmacy.name, "address": written.address if written else pharmacy.address}
    return render_to_string("console/notice.txt", context).strip()


def _page(
    request: StaffRequest, form: NoticeForm | None, *, fault: str = "", status: int = 200
) -> HttpResponse:
    notice = current_notice()
    stored = notice.text if notice else starter(request.tenant)
    state = form_state()
    context: dict[str, Any] = {
        "text": str(form["text"].value() or "") if form else stored,
        "errors": form.errors.get("text", []) if form else [],
        "written_at": notice.written_at if notice else None,
        "is_open": state.open,
        "may_open": state.notice_ready and form_mailbox() is not None,
        "fault": fault,
    }
    return page(request, "console/form.html", FORM, context, status=status)
