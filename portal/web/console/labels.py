"""The labels: the house's own words, made by anybody, kept in order here."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.conversations.label_models import Colour, Label
from portal.conversations.labels import (
    LONGEST_NAME,
    MOST_LABELS,
    NameTaken,
    NoName,
    TooManyLabels,
    all_labels,
    change_label,
    create_label,
    delete_label,
)
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import LABELS, done, page
from portal.web.requests import StaffRequest

NO_NAME = f"Écrivez un mot, {LONGEST_NAME} lettres au plus."
TAKEN = "Une autre étiquette porte ce nom."
TOO_MANY = f"Pas plus de {MOST_LABELS} étiquettes."


class LabelForm(forms.Form):
    """A word, and a colour of the house."""

    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": NO_NAME, "max_length": NO_NAME}
    )
    colour = forms.ChoiceField(choices=Colour.choices)


@requires(Permission.MANAGE_LABELS)
@require_http_methods(["GET", "HEAD", "POST"])
def console_labels(request: StaffRequest) -> HttpResponseBase:
    """All of them; a new one."""
    if request.method != "POST":
        return _list(request)
    form = LabelForm(request.POST)
    if not form.is_valid():
        return _list(request, new=form.data.get("name", ""), fault=NO_NAME)
    try:
        create_label(form.cleaned_data["name"], colour=Colour(form.cleaned_data["colour"]), by=request.user)
    except NoName:
        return _list(request, new=form.data["name"], fault=NO_NAME)
    except TooManyLabels:
        return _list(request, new=form.data["name"], fault=TOO_MANY)
    return done(reverse("console_labels"), "etiquette")


@requires(Permission.MANAGE_LABELS)
@require_POST
def console_label(request: StaffRequest, label_id: UUID) -> HttpResponseBase:
    """Another name, another colour."""
    label, form = _label(label_id), LabelForm(request.POST)
    if not form.is_valid():
        return _list(request, changed=label_id, fault=NO_NAME)
    try:
        colour = Colour(form.cleaned_data["colour"])
        change_label(label, name=form.cleaned_data["name"], colour=colour, by=request.user)
    except NoName:
        return _list(request, changed=label_id, fault=NO_NAME)
    except NameTaken:
        return _list(request, changed=label_id, fault=TAKEN)
    return done(reverse("console_labels"), "etiquette")


@requires(Permission.MANAGE_LABELS)
@require_POST
def console_label_delete(request: StaffRequest, label_id: UUID) -> HttpResponseBase:
    delete_label(_label(label_id), by=request.user)
    return done(reverse("console_labels"), "etiquette-otee")


def _list(
    request: StaffRequest, *, new: str = "", changed: UUID | None = None, fault: str = ""
) -> HttpResponse:
    context = {
        "labels": all_labels(),
        "colours": Colour.choices,
        "longest": LONGEST_NAME,
        "new": new,
        "changed": changed,
        "fault": fault,
    }
    return page(request, "console/labels.html", LABELS, context, status=422 if fault else 200)


def _label(label_id: UUID) -> Label:
    """Raises Http404."""
    found = Label.objects.filter(pk=label_id).first()
    if found is None:
        raise Http404
    return found
