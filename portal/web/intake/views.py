"""Fill in the form and send it: with JavaScript each page leaves as it is chosen, without it with the whole form."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.house.hours import lines, stretches
from portal.intake.actions import FormClosed, NoPages, NoSuchRequest, NoticeChanged, remove_page, submit
from portal.intake.form import current_notice, form_state
from portal.intake.models import Request, RequestState
from portal.intake.throttle import TooMuch, admit_request
from portal.intake.uploads import pages_of
from portal.web.intake import tokens, words
from portal.web.intake.cards import Basket, RefusedFile, page_cards
from portal.web.intake.forms import RequestForm
from portal.web.intake.language import patient_page
from portal.web.intake.receiving import fill
from portal.web.intake.tokens import FILLING, FOLLOWING, BadToken
from portal.web.requests import PharmacyRequest, address_of

TRAP = "site"


@patient_page
@require_http_methods(["GET", "HEAD", "POST"])
def request_form(request: PharmacyRequest) -> HttpResponseBase:
    if not form_state().open:
        return _closed(request)
    now = timezone.now()
    if request.method != "POST":
        return _resumed(request, now)
    try:
        request_id = tokens.read_form(request.POST.get("form", ""))
    except BadToken:
        return _typed_again(request, tokens.form_token(), Basket(), fault=words.STALE, status=422)
    if _is_sent(request_id):
        return _received(request_id)  # a second click
    return _posted(request, request_id, now)


@patient_page
@require_POST
def request_pages(request: PharmacyRequest) -> HttpResponseBase:
    """One page by itself, or one taken out: answered with the list of pages alone."""
    if not form_state().open:
        return _closed(request)
    now = timezone.now()
    try:
        request_id = tokens.read_form(request.POST.get("form", ""))
        refused = _changed(request, request_id, now)
    except (BadToken, NoSuchRequest):
        return render(request, "intake/_pages.html", {"basket": Basket(missing=words.PAGES_GONE)}, status=422)
    basket = Basket(page_cards(pages_of(request_id)), refused)
    response = render(request, "intake/_pages.html", {"basket": basket}, status=422 if refused else 200)
    tokens.remember(response, FILLING, request_id)
    return response


def _posted(request: PharmacyRequest, request_id: UUID, now: datetime) -> HttpResponseBase:
    """The whole form: its files first, whatever else is wrong with it."""
    token = request.POST["form"]
    try:
        refused = _changed(request, request_id, now)
    except NoSuchRequest:
        if _is_sent(request_id):
            return _received(request_id)  # by the click before, a moment ago
        return _typed_again(request, tokens.form_token(), Basket(missing=words.PAGES_GONE), status=422)
    basket = Basket(page_cards(pages_of(request_id)), refused)
    if request.POST.get("then") == "add" or "remove" in request.POST:
        status = 422 if refused else 200
        response: HttpResponseBase = _typed_again(request, token, basket, status=status)
    else:
        response = _sent(request, request_id, token, basket, now)
    if not isinstance(response, HttpResponseRedirect) and basket.pages:
        tokens.remember(response, FILLING, request_id)
    return response


def _sent(
    request: PharmacyRequest, request_id: UUID, token: str, basket: Basket, now: datetime
) -> HttpResponseBase:
    """Send it, or give it back with what is wrong beside each field."""
    form = RequestForm(request.POST)
    if not form.is_valid() or basket.refused or not basket.pages:
        missing = "" if basket.pages or basket.refused else words.NO_PAGES
        return _page(request, form, token, replace(basket, missing=missing), status=422)
    if fault := _suspicion(request, token):
        return _page(request, form, token, basket, fault=fault, status=422)
    try:
        admit_request(address_of(request), now=now)
        notice_id, page = form.cleaned_data["notice"], request.build_absolute_uri(reverse("request_track"))
        submit(request_id, form.declared(), notice_id=notice_id, now=now, page=page)
    except TooMuch:
        return _page(request, form, token, basket, fault=words.TOO_MUCH, status=429)
    except NoticeChanged:
        return _page(request, form, token, basket, fault=words.NOTICE_CHANGED, status=422)
    except (NoPages, NoSuchRequest):
        return _page(request, form, tokens.form_token(), Basket(missing=words.PAGES_GONE), status=422)
    except FormClosed:
        return _closed(request)
    return _received(request_id)


def _changed(request: PharmacyRequest, request_id: UUID, now: datetime) -> tuple[RefusedFile, ...]:
    """Take a page out, or take in what came. Raises NoSuchRequest."""
    if "remove" in request.POST:
        remove_page(request_id, _uuid(request.POST["remove"]), now=now)
        return ()
    return fill(request, request_id, now=now)


def _suspicion(request: PharmacyRequest, token: str) -> object:
    """What only a program does: said kindly, for a browser that fills in by itself does it too."""
    if request.POST.get(TRAP):
        return words.TRAP
    return words.QUICK if tokens.too_quick(token) else ""


def _resumed(request: PharmacyRequest, now: datetime) -> HttpResponse:
    """An empty form, with the pages that this browser sent before."""
    known = tokens.remembered(request, FILLING)
    if known is None or not Request.objects.being_filled(now).filter(pk=known).exists():
        return _page(request, RequestForm(), tokens.form_token(), Basket())
    return _page(request, RequestForm(), tokens.form_token(known), Basket(page_cards(pages_of(known))))


def _typed_again(
    request: PharmacyRequest, token: str, basket: Basket, *, fault: object = "", status: int
) -> HttpResponse:
    """What was typed, unjudged: nobody said that it was finished."""
    return _page(request, RequestForm(initial=request.POST.dict()), token, basket, fault=fault, status=status)


def _page(
    request: PharmacyRequest,
    form: RequestForm,
    token: str,
    basket: Basket,
    *,
    fault: object = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "token": token,
        "basket": basket,
        "notice": current_notice(),
        "fault": fault,
        "wrong": bool(fault or basket.wrong or form.errors),
    }
    return render(request, "intake/form.html", context, status=status)


def _closed(request: PharmacyRequest) -> HttpResponse:
    status = 200 if request.method in {"GET", "HEAD"} else 409
    return render(request, "intake/closed.html", {"hours": lines(stretches())}, status=status)


def _received(request_id: UUID) -> HttpResponseRedirect:
    response = HttpResponseRedirect(reverse("request_received"))
    tokens.remember(response, FOLLOWING, request_id)
    tokens.forget(response, FILLING)
    return response


def _is_sent(request_id: UUID) -> bool:
    return Request.objects.filter(pk=request_id).exclude(state=RequestState.OPEN).exists()


def _uuid(text: str) -> UUID:
    """Raises NoSuchRequest."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NoSuchRequest from error
