"""What differs from the week: public holidays, gardes, closures, openings besides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.house.actions import add_period, remove_period, set_holiday_rule
from portal.house.calendar import Calendar, calendar
from portal.house.holidays import holidays
from portal.house.models import Period, PeriodKind
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import HOURS, done, page
from portal.web.requests import StaffRequest
from portal.web.spans import SpanForm, span_words
from portal.web.templatetags.officinal import DAYS, MONTHS

SHOWN_HOLIDAYS = 4


class PeriodForm(SpanForm):
    kind = forms.ChoiceField(choices=PeriodKind.choices)


class HolidayForm(forms.Form):
    closed = forms.BooleanField(required=False)
    alsace_moselle = forms.BooleanField(required=False)


@dataclass(frozen=True, slots=True)
class PeriodCard:
    """One garde, closure or opening; `now`: it is under way."""

    id: UUID
    label: str
    words: str
    now: bool


@requires(Permission.MANAGE_PHARMACY)
@require_http_methods(["GET", "HEAD", "POST"])
def console_calendar(request: StaffRequest) -> HttpResponseBase:
    now = timezone.now()
    if request.method != "POST":
        return _page(request, _form(None, now), now)
    form = _form(request.POST, now)
    if not form.is_valid():
        return _page(request, form, now, status=422)
    kind = PeriodKind(form.cleaned_data["kind"])
    add_period(kind, begins=form.begins, ends=form.ends, by=request.user)
    return done(reverse("console_calendar"), "periode")


@requires(Permission.MANAGE_PHARMACY)
@require_POST
def console_period_remove(request: StaffRequest, period_id: UUID) -> HttpResponseBase:
    period = Period.objects.filter(pk=period_id).first()
    if period is None:
        raise Http404
    remove_period(period, by=request.user)
    return done(reverse("console_calendar"), "periode-retiree")


@requires(Permission.MANAGE_PHARMACY)
@require_POST
def console_holidays(request: StaffRequest) -> HttpResponseBase:
    form = HolidayForm(request.POST)
    if not form.is_valid():
        raise Http404
    set_holiday_rule(**form.cleaned_data, by=request.user)
    return done(reverse("console_calendar"), "feries")


def _form(data: QueryDict | None, now: datetime) -> PeriodForm:
    return PeriodForm(data, now=now, initial={"kind": PeriodKind.GARDE})


def _page(request: StaffRequest, form: PeriodForm, now: datetime, *, status: int = 200) -> HttpResponse:
    found = calendar()
    chosen = form["kind"].value()
    context = {
        "form": form,
        "kinds": [(value, label, value == chosen) for value, label in PeriodKind.choices],
        "periods": [_card(period, now) for period in Period.objects.to_come(now)],
        "calendar": found,
        "holidays": _next_holidays(found, timezone.localdate(now)),
    }
    return page(request, "console/calendar.html", HOURS, context, status=status)


def _card(period: Period, now: datetime) -> PeriodCard:
    return PeriodCard(
        id=period.pk,
        label=PeriodKind(period.kind).label,
        words=span_words(period.begins, period.ends, now),
        now=period.begins <= now,
    )


def _next_holidays(found: Calendar, today: date) -> list[str]:
    """« vendredi 25 décembre, Noël »."""
    coming = [
        (day, name)
        for year in (today.year, today.year + 1)
        for day, name in holidays(year, alsace_moselle=found.alsace_moselle).items()
        if day >= today
    ]
    return [
        f"{DAYS[day.weekday()]} {'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]}, {name}"
        for day, name in coming[:SHOWN_HOLIDAYS]
    ]
