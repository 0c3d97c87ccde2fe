"""Add a BAL, change its settings or what opens it, put it in pause."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.mail.addresses import BadAddress
from portal.mail.faults import MailboxFault
from portal.mailboxes.actions import AddressTaken, add_mailbox
from portal.mailboxes.changing import change_credentials, change_settings, pause, resume
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState, Security
from portal.mailboxes.operators import operator, operators
from portal.mailboxes.probing import ask_probe
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import MAILBOX, done, page
from portal.web.console.probe import own_mailbox
from portal.web.console.servers import ADDRESS, Search, search_of
from portal.web.console.setup_form import (
    FIELDS,
    NO_TRUST,
    CredentialsForm,
    NewMailboxForm,
    ServersForm,
    of_mailbox,
    of_operator,
)
from portal.web.fresh import fresh_page
from portal.web.requests import StaffRequest

BAD_ADDRESS = "Écrivez l’adresse complète, telle que l’opérateur l’a donnée : pharmacie@operateur.mssante.fr."
TAKEN = "La pharmacie a déjà cette boîte."


@requires(Permission.MANAGE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_page
def console_mailbox_new(request: StaffRequest) -> HttpResponseBase:
    """Its connection is tried as soon as it is there."""
    search = search_of(request)
    if request.method != "POST":
        return _new_page(request, NewMailboxForm(initial=_beginning(request, search)), search)
    form = NewMailboxForm(request.POST, request.FILES)
    mailbox = _added(request, form)
    if mailbox is None:
        return _new_page(request, form, search, status=422)
    request.session.pop(ADDRESS, None)
    ask_probe(mailbox, by=request.user)
    return done(reverse("console_mailbox"), "bal")


@requires(Permission.MANAGE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_page
def console_mailbox_settings(request: StaffRequest, mailbox_id: UUID) -> HttpResponseBase:
    """The address and the kind stay: another address is another BAL."""
    mailbox = own_mailbox(request, mailbox_id)
    if request.method != "POST":
        return _settings_page(request, ServersForm(initial=of_mailbox(mailbox)), mailbox)
    form = ServersForm(request.POST, request.FILES)
    if not _changed(request, form, mailbox):
        return _settings_page(request, form, mailbox, status=422)
    ask_probe(mailbox, by=request.user)
    return done(reverse("console_mailbox"), "reglages")


@requires(Permission.MANAGE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_page
def console_mailbox_credentials(request: StaffRequest, mailbox_id: UUID) -> HttpResponseBase:
    mailbox = own_mailbox(request, mailbox_id)
    form = CredentialsForm(request.POST, request.FILES) if request.method == "POST" else CredentialsForm()
    if request.method != "POST" or not _opened(request, form, mailbox):
        context = {"box": mailbox, "form": form}
        status = 422 if form.is_bound else 200
        return page(request, "console/credentials.html", MAILBOX, context, status=status)
    ask_probe(mailbox, by=request.user)
    return done(reverse("console_mailbox"), "identifiants")


@requires(Permission.MANAGE_MAILBOX)
@require_POST
def console_mailbox_pause(request: StaffRequest, mailbox_id: UUID) -> HttpResponseBase:
    pause(own_mailbox(request, mailbox_id), by=request.user)
    return done(reverse("console_mailbox"), "pause")


@requires(Permission.MANAGE_MAILBOX)
@require_POST
def console_mailbox_resume(request: StaffRequest, mailbox_id: UUID) -> HttpResponseBase:
    mailbox = own_mailbox(request, mailbox_id)
    if mailbox.state != MailboxState.PAUSED:
        raise Http404
    resume(mailbox, by=request.user)
    return done(reverse("console_mailbox"), "reprise")


def _added(request: StaffRequest, form: NewMailboxForm) -> Mailbox | None:
    """None, with the reason beside the field, if something is to be changed."""
    if not form.is_valid():
        return None
    typed, chosen = form.cleaned_data, operator(form.cleaned_data["operator"])
    trust = typed["trust"] or (chosen.trust_pem if chosen else "")
    credentials = form.credentials()
    if not trust:
        form.add_error("trust", NO_TRUST)
    if not trust or credentials is None:
        return None
    kind = MailboxKind(typed["kind"])
    try:
        return add_mailbox(
            address=typed["address"].strip(),
            label=typed["label"],
            kind=kind,
            owner=request.user if kind is MailboxKind.PER else None,
            imap=form.imap(),
            smtp=form.smtp(),
            folder=typed["folder"],
            login=typed["login"],
            credentials=credentials,
            trust_pem=trust,
            crl_pem=typed["crl"] or (chosen.crl_pem if chosen else ""),
            by=request.user,
        )
    except BadAddress:
        form.add_error("address", BAD_ADDRESS)
    except AddressTaken:
        form.add_error("address", TAKEN)
    except MailboxFault as fault:
        form.add_error(*FIELDS[fault.code])
    return None


def _changed(request: StaffRequest, form: ServersForm, mailbox: Mailbox) -> bool:
    if not form.is_valid():
        return False
    typed = form.cleaned_data
    try:
        change_settings(
            mailbox,
            label=typed["label"],
            imap=form.imap(),
            smtp=form.smtp(),
            folder=typed["folder"],
            login=typed["login"],
            trust_pem=typed["trust"] or mailbox.trust_pem,
            crl_pem=typed["crl"] or mailbox.crl_pem,
            by=request.user,
        )
    except MailboxFault as fault:
        form.add_error(*FIELDS[fault.code])
        return False
    return True


def _opened(request: StaffRequest, form: CredentialsForm, mailbox: Mailbox) -> bool:
    credentials = form.credentials() if form.is_valid() else None
    if credentials is None:
        return False
    try:
        change_credentials(mailbox, credentials, by=request.user)
    except MailboxFault as fault:
        form.add_error("certificate", FIELDS[fault.code][1])
        return False
    return True


def _beginning(request: StaffRequest, search: Search) -> dict[str, object]:
    """What is known before anything is typed: of the operator that was chosen, or from the DNS."""
    chosen = operator(request.GET.get("operateur", ""))
    start: dict[str, object] = {
        "label": request.tenant.name,
        "folder": "INBOX",
        "address": search.address,
        "imap_port": 143,
        "smtp_port": 587,
        "imap_security": Security.STARTTLS,
        "smtp_security": Security.STARTTLS,
    }
    return {**start, **(of_operator(chosen) if chosen else {}), **search.found}


def _new_page(
    request: StaffRequest, form: NewMailboxForm, search: Search, *, status: int = 200
) -> HttpResponse:
    chosen = str(form["operator"].value() or "")
    known = operator(chosen)
    context = {
        "search": search,
        "operators": [("", "Choisir…", not chosen)]
        + [(each.slug, each.name, each.slug == chosen) for each in operators()],
        "operator": known,
        "kinds": _choices(form, "kind", MailboxKind.choices),
        **_common(form),
    }
    return page(request, "console/mailbox_new.html", MAILBOX, context, status=status)


def _settings_page(
    request: StaffRequest, form: ServersForm, mailbox: Mailbox, *, status: int = 200
) -> HttpResponse:
    context = {"box": mailbox, **_common(form)}
    return page(request, "console/mailbox_settings.html", MAILBOX, context, status=status)


def _common(form: Form) -> dict[str, Any]:
    return {
        "form": form,
        "imap_ways": _choices(form, "imap_security", Security.choices),
        "smtp_ways": _choices(form, "smtp_security", Security.choices),
    }


def _choices(form: Form, name: str, choices: list[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    chosen = form[name].value()
    return [(value, label, value == chosen) for value, label in choices]
