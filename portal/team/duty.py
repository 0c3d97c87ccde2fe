"""Who works here today: the one place that decides to whom work may be given, and from whom it goes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Min, Q

from portal.lib.nights import PARIS
from portal.team.models import User

# Due: the work of those who are here no more goes back to the team.
WAKE_POOL = "pool"


def working(people: Iterable[UUID], *, today: date) -> set[UUID]:
    """Those of these people who work here today."""
    found = User.objects.filter(pk__in=list(people)).exclude(_gone(today))
    return set(found.values_list("pk", flat=True))


def away(today: date) -> list[UUID]:
    """Those who do not: seen off, or after their last day."""
    return list(User.objects.filter(_gone(today)).values_list("pk", flat=True))


def next_departure(today: date) -> datetime | None:
    """The midnight after which the next one is here no more."""
    coming = User.objects.filter(active=True, active_until__gte=today).aggregate(day=Min("active_until"))
    return departure(coming["day"]) if coming["day"] else None


def departure(last_day: date) -> datetime:
    """The midnight at the end of a last day."""
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=PARIS)


def _gone(today: date) -> Q:
    return Q(active=False) | Q(active_until__lt=today)
