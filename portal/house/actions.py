"""Change what the pharmacy says of itself."""

from __future__ import annotations

from itertools import pairwise

from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.house.hours import Stretch
from portal.house.models import Details, OpeningHours
from tenants.context import current_pharmacy


class Overlapping(Exception):
    """Two stretches of one day overlap, or one ends before it begins."""


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
