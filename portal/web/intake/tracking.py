"""Follow a request: its state, the answers, one page more, or no more of it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.intake.actions import Locked, NoSuchRequest, TooLate, append_page, cancel
from portal.intake.models import Request
from portal.intake.references import written
from portal.intake.tracking import OVER, answers_to, find, followed, label_of, stage_of
from portal.intake.uploads import pages_of
from portal.notices.actions import can_tell
from portal.web.intake import tokens, words
from portal.web.intake.cards import Answer, RefusedFile, TrackCard
from portal.web.intake.forms import TrackForm
from portal.web.intake.language import patient_page
from portal.web.intake.receiving import take
from portal.web.intake.tokens import FOLLOWING
from portal.web.requests import PharmacyRequest, address_of


@patient_page
@require_safe
def request_received(request: PharmacyRequest) -> HttpResponseBase:
    """The receipt: the reference, and what comes next."""
    found = _followed(request, timezone.now())
    if found is None:
        return _away()
    return render(request, "intake/received.html", {"track": _card(found, timezone.now())})


@patient_page
@require_http_methods(["GET", "HEAD", "POST"])
def request_track(request: PharmacyRequest) -> HttpResponseBase:
    now = timezone.now()
    if request.method != "POST":
        found = _followed(request, now)
        return _tracking(request, found, now) if found else _question(request, TrackForm())
    form = TrackForm(request.POST)
    if not form.is_valid():
        return _question(request, form, status=422)
    typed = form.cleaned_data
    try:
        found = find(typed["reference"], typed["birth_date"], address=address_of(request), now=now)
    except Locked:
        return _question(request, form, fault=words.LOCKED, status=429)
    if found is None:
        return _question(request, form, fault=words.WRONG, status=422)
    response = _away()
    tokens.remember(response, FOLLOWING, found.pk)
    return response


@patient_page
@require_POST
def request_track_page(request: PharmacyRequest) -> HttpResponseBase:
    """Add pages to a request that was sent."""
    now = timezone.now()
    found = _followed(request, now)
    if found is None:
        return _lapsed(request)
    try:
        refused = take(request, lambda data: append_page(found.pk, data, now=now), now=now)
    except TooLate:
        return _tracking(request, found, now, fault=words.TOO_LATE, status=409)
    return _tracking(request, found, now, refused=refused, status=422) if refused else _away()


@patient_page
@require_POST
def request_cancel(request: PharmacyRequest) -> HttpResponseBase:
    now = timezone.now()
    found = _followed(request, now)
    if found is None:
        return _lapsed(request)
    try:
        cancel(found.pk, now=now)
    except TooLate:
        return _tracking(request, found, now, fault=words.TOO_LATE, status=409)
    return _away()


@patient_page
@require_POST
def request_leave(request: PharmacyRequest) -> HttpResponseBase:
    """On somebody else's telephone: nothing of it stays."""
    response = _away()
    tokens.forget(response, FOLLOWING)
    return response


def _followed(request: PharmacyRequest, now: datetime) -> Request | None:
    known = tokens.remembered(request, FOLLOWING)
    if known is None:
        return None
    try:
        return followed(known, now=now)
    except NoSuchRequest:
        return None


def _question(
    request: PharmacyRequest, form: TrackForm, *, fault: object = "", status: int = 200
) -> HttpResponse:
    return render(request, "intake/track.html", {"form": form, "fault": fault}, status=status)


def _lapsed(request: PharmacyRequest) -> HttpResponse:
    """An act on a page that was open for too long: it was not done, and that is said."""
    return _question(request, TrackForm(), fault=words.LAPSED, status=409)


def _tracking(
    request: PharmacyRequest,
    found: Request,
    now: datetime,
    *,
    refused: tuple[RefusedFile, ...] = (),
    fault: object = "",
    status: int = 200,
) -> HttpResponse:
    context = {"track": _card(found, now), "refused": refused, "fault": fault}
    return render(request, "intake/tracking.html", context, status=status)


def _away() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("request_track"))


def _card(found: Request, now: datetime) -> TrackCard:
    stage = stage_of(found)
    return TrackCard(
        reference=written(found.reference or ""),
        who=label_of(found),
        stage=words.STAGES[stage],
        sent_at=found.submitted_at or now,
        until=found.expires_at,
        pages=len(pages_of(found.pk)),
        remark=found.remark,
        answers=tuple(Answer(each.at, each.text) for each in answers_to(found)),
        may_change=stage not in OVER,
        told_by_email=found.has_email and can_tell(),
    )
