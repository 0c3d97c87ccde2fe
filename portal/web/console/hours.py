"""The opening hours that the public page shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.house.actions import set_hours
from portal.house.hours import lines, stretches
from portal.house.models import Weekday
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import HOURS, done, page
from portal.web.console.hours_form import PARTS, HoursForm, name_of, typed
from portal.web.requests import StaffRequest


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the week: a time of opening or closing."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week, with its four boxes and what is wrong with it."""

    name: str
    boxes: tuple[Box, ...]
    error: str


@requires(Permission.MANAGE_PHARMACY)
@require_http_methods(["GET", "HEAD", "POST"])
def console_hours(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, HoursForm(initial=typed(stretches())))
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_hours(form.stretches(), by=request.user)
    return done(reverse("console_hours"), "horaires")


def _page(request: StaffRequest, form: HoursForm, *, status: int = 200) -> HttpResponse:
    context = {"days": [_day(form, day) for day in range(7)], "lines": lines(stretches())}
    return page(request, "console/hours.html", HOURS, context, status=status)


def _day(form: HoursForm, day: int) -> Day:
    label = str(Weekday(day).label).capitalize()
    boxes = tuple(
        Box(name_of(day, part), f"{label}, {words}", str(form[name_of(day, part)].value() or ""))
        for part, words in PARTS.items()
    )
    errors = [str(error) for part in PARTS for error in form[name_of(day, part)].errors]
    return Day(label, boxes, errors[0] if errors else "")
