"""The templates: words for patients, written here and approved here."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.core.validators import MinValueValidator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.house.details import details
from portal.house.hours import lines, stretches
from portal.lib.ids import uuid7
from portal.outbound.blanks import BadTemplate, Facts, fill
from portal.outbound.models import ReplyTemplate
from portal.outbound.starters import add_starters, missing_starters
from portal.outbound.templates import (
    LONGEST_NAME,
    StaleTemplate,
    approve_templates,
    delete_template,
    save_template,
)
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import TEMPLATES, done, page
from portal.web.inbox.people import short_name
from portal.web.requests import StaffRequest
from tenants.context import current_pharmacy

STALE = "Quelqu’un a modifié ou supprimé ce modèle entre-temps. Relisez-le, puis recommencez."
UNREADABLE = "Ce texte contient un caractère qui ne peut pas être gardé."
EXAMPLE = "Élise"


class TemplateForm(forms.Form):
    """Its words are judged where they are kept, so that what is refused comes back whole."""

    version = forms.IntegerField(validators=[MinValueValidator(0)])
    name = forms.CharField(required=False, max_length=LONGEST_NAME)
    text = forms.CharField(
        required=False, strip=False, error_messages={"null_characters_not_allowed": UNREADABLE}
    )


class SeenForm(forms.Form):
    """One template as it was on screen."""

    version = forms.IntegerField(validators=[MinValueValidator(1)])


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """One template; `preview` is how it reads with nothing filled in, `approved` who approved it."""

    id: UUID
    version: int
    name: str
    text: str
    preview: str = ""
    approved: str = ""
    error: str = ""


@requires(Permission.MANAGE_TEMPLATES)
@require_safe
def console_templates(request: StaffRequest) -> HttpResponse:
    return _list(request)


@requires(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def console_template_new(request: StaffRequest) -> HttpResponseBase:
    """The id is that of the template to be: a second click finds the first one's."""
    if request.method != "POST":
        return _edit(request, TemplateCard(uuid7(), 0, "", "Bonjour {prénom},\n\n\n\n{pharmacie}"))
    try:
        template_id = UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise Http404 from error
    return _save(request, template_id)


@requires(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def console_template(request: StaffRequest, template_id: UUID) -> HttpResponseBase:
    template = ReplyTemplate.objects.select_related("approved_by").filter(pk=template_id).first()
    if template is None:
        raise Http404
    return (
        _save(request, template_id)
        if request.method == "POST"
        else _edit(request, _card(template, _example()))
    )


@requires(Permission.MANAGE_TEMPLATES)
@require_POST
def console_templates_approve(request: StaffRequest) -> HttpResponseBase:
    """Those that were read: each posts its id and the version that was on screen."""
    try:
        seen = [_seen(pair) for pair in request.POST.getlist("seen")]
    except ValueError as error:
        raise Http404 from error
    try:
        approve_templates(seen, by=request.user)
    except StaleTemplate:
        return _list(request, fault=STALE, status=409)
    return done(reverse("console_templates"), "approuve")


@requires(Permission.MANAGE_TEMPLATES)
@require_POST
def console_templates_start(request: StaffRequest) -> HttpResponseBase:
    """Add what is proposed and not there: to be read, and approved, like any other."""
    add_starters(by=request.user)
    return done(reverse("console_templates"), "depart")


@requires(Permission.MANAGE_TEMPLATES)
@require_POST
def console_template_delete(request: StaffRequest, template_id: UUID) -> HttpResponseBase:
    form = SeenForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        delete_template(template_id, version=form.cleaned_data["version"], by=request.user)
    except StaleTemplate:
        return _list(request, fault=STALE, status=409)
    return done(reverse("console_templates"), "supprime")


def _save(request: StaffRequest, template_id: UUID) -> HttpResponseBase:
    form = TemplateForm(request.POST)
    if not form.is_valid() and "version" in form.errors:
        raise Http404
    typed = TemplateCard(
        id=template_id,
        version=form.cleaned_data["version"],
        name=request.POST.get("name", ""),
        text=request.POST.get("text", ""),
    )
    refusal, status = " ".join(str(each) for errors in form.errors.values() for each in errors), 422
    if not refusal:
        try:
            save_template(
                template_id, name=typed.name, text=typed.text, version=typed.version, by=request.user
            )
        except BadTemplate as error:
            refusal = str(error)
        except StaleTemplate:
            refusal, status = STALE, 409
    if not refusal:
        return done(reverse("console_templates"), "modele")
    refused = TemplateCard(typed.id, typed.version, typed.name, typed.text, error=refusal)
    return _edit(request, refused, status=status)


def _list(request: StaffRequest, *, fault: str = "", status: int = 200) -> HttpResponse:
    facts = _example()
    cards = [
        _card(each, facts)
        for each in ReplyTemplate.objects.select_related("approved_by").order_by("name", "pk")
    ]
    waiting = [card for card in cards if not card.approved]
    context = {"cards": cards, "waiting": waiting, "fault": fault, "missing": len(missing_starters())}
    return page(request, "console/templates.html", TEMPLATES, context, status=status)


def _edit(request: StaffRequest, card: TemplateCard, *, status: int = 200) -> HttpResponse:
    return page(request, "console/template.html", TEMPLATES, {"card": card}, status=status)


def _card(template: ReplyTemplate, facts: Facts) -> TemplateCard:
    by = template.approved_by
    return TemplateCard(
        id=template.pk,
        version=template.version,
        name=template.name,
        text=template.text,
        preview=fill(template.text, {}, facts, today=timezone.localdate()).text,
        approved=short_name(by.display_name) if by else "",
    )


def _example() -> Facts:
    """What stands in a preview; what differs from day to day shows its name in brackets."""
    house, pharmacy = details(), current_pharmacy().name
    return Facts(
        given_name=EXAMPLE,
        pharmacy=pharmacy,
        patient=f"{EXAMPLE} Martin",
        phone=house.phone if house else "",
        address=house.address if house else "",
        hours="\n".join(f"{line.days} : {line.hours}" for line in lines(stretches())),
        author="Claire Moulin",
        signature=f"Claire Moulin, pharmacienne\n{pharmacy}",
    )


def _seen(pair: str) -> tuple[UUID, int]:
    """Raises ValueError."""
    template_id, _, version = pair.partition(".")
    return UUID(template_id), int(version)
