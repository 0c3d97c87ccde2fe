"""Change what the pharmacy says of itself."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.house.alarm import look_at_once
from portal.house.hours import Stretch
from portal.house.models import Details, HolidayRule, OpeningHours, Period, PeriodKind
from tenants.context import current_pharmacy


class Overlapping(Exception):
    """Two stretches of one day overlap, or one ends before it begins."""


class Backwards(Exception):
    """A period ends before it begins."""


def set_hours(stretches: list[Stretch], *, by: Person | Actor) -> None:
    """These hours replace all others.

    Raises:
        Overlapping: nothing was changed.
    """
    ordered = sorted(stretches)
    for stretch in ordered:
        if stretch.closes <= stretch.opens:
            raise Overlapping
    for earlier, later in pairwise(ordered):
        if earlier.weekday == later.weekday and later.opens < earlier.closes:
            raise Overlapping
    with transaction.atomic():
        OpeningHours.objects.all().delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(weekday=each.weekday, opens=each.opens, closes=each.closes) for each in ordered
        )
        look_at_once(timezone.now())
        record(
            Event.HOURS_CHANGE,
            by=by,
            on=("pharmacy", current_pharmacy().id),
            detail=f"stretches={len(ordered)}",
        )


def set_details(*, address: str, phone: str, by: Person | Actor) -> None:
    """Say where the pharmacy is, and how to call it."""
    with transaction.atomic():
        Details.objects.update_or_create(id=1, defaults={"address": address, "phone": phone})
        record(Event.DETAILS_CHANGE, by=by, on=("pharmacy", current_pharmacy().id))


def add_period(kind: PeriodKind, *, begins: datetime, ends: datetime, by: Person | Actor) -> Period:
    """A garde, a closure, or an opening besides; the same one again changes nothing.

    Raises:
        Backwards: nothing was changed.
    """
    if ends <= begins:
        raise Backwards
    with transaction.atomic():
        period, new = Period.objects.get_or_create(kind=kind, begins=begins, ends=ends)
        if new:
            look_at_once(timezone.now())
            detail = f"kind={kind} {_days(period)}"
            record(Event.PERIOD_ADD, by=by, on=("pharmacy", current_pharmacy().id), detail=detail)
    return period


def remove_period(period: Period, *, by: Person | Actor) -> None:
    with transaction.atomic():
        gone, _ = Period.objects.filter(pk=period.pk).delete()
        if gone:
            look_at_once(timezone.now())
            detail = f"kind={period.kind} {_days(period)}"
            record(Event.PERIOD_REMOVE, by=by, on=("pharmacy", current_pharmacy().id), detail=detail)


def set_holiday_rule(*, closed: bool, alsace_moselle: bool, by: Person | Actor) -> None:
    """Whether the door stays shut on public holidays, and whether those of Alsace and Moselle are among them."""
    with transaction.atomic():
        defaults = {"closed": closed, "alsace_moselle": alsace_moselle}
        HolidayRule.objects.update_or_create(id=1, defaults=defaults)
        look_at_once(timezone.now())
        detail = f"closed={int(closed)} alsace-moselle={int(alsace_moselle)}"
        record(Event.HOLIDAYS_CHANGE, by=by, on=("pharmacy", current_pharmacy().id), detail=detail)


def _days(period: Period) -> str:
    return f"from={period.begins:%Y%m%d} to={period.ends:%Y%m%d}"
