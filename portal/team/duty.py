"""Who is here to work: the one place that decides to whom work may be given, and from whom it goes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from portal.lib.nights import PARIS
from portal.team.models import Absence, User

# Due: the work of those who are here no more, or away from now on, goes back to the team.
WAKE_POOL = "pool"


def working(people: Iterable[UUID], *, today: date) -> set[UUID]:
    """Those of these people who work here today, and are not away at this moment."""
    found = User.objects.filter(pk__in=list(people)).exclude(_gone(today))
    return set(found.exclude(absences__in=Absence.objects.now()).values_list("pk", flat=True))


def with_absences(people: QuerySet[User]) -> QuerySet[User]:
    """Each with the end of the absence under way, for `away_until`, in the same query."""
    theirs = Absence.objects.now().filter(user=OuterRef("pk")).values("user")
    return people.annotate(absent_until=Subquery(theirs.annotate(last=Max("ends")).values("last")))


def away_until(person: User) -> datetime | None:
    """Until when somebody is away; None: not away. A query only where `with_absences` was not asked."""
    known = vars(person)
    if "absent_until" not in known:
        known = Absence.objects.now().filter(user=person.pk).aggregate(absent_until=Max("ends"))
    until: datetime | None = known["absent_until"]
    return until


def gone(today: date) -> list[UUID]:
    """Those who do not work here any more: seen off, or after their last day."""
    return list(User.objects.filter(_gone(today)).values_list("pk", flat=True))


def just_away() -> list[Absence]:
    """The absences that have begun, and whose work did not go back to the team yet."""
    return list(Absence.objects.now().filter(returned_at=None).order_by("begins", "pk"))


def next_departure(today: date) -> datetime | None:
    """When the next one is here no more, for good (the midnight after the last day) or for a while."""
    coming = User.objects.filter(active=True, active_until__gte=today).aggregate(day=Min("active_until"))
    absences = Absence.objects.filter(begins__gt=Now()).aggregate(at=Min("begins"))
    moments = [departure(coming["day"])] if coming["day"] else []
    return min([*moments, *([absences["at"]] if absences["at"] else [])], default=None)


def departure(last_day: date) -> datetime:
    """The midnight at the end of a last day."""
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=PARIS)


def _gone(today: date) -> Q:
    return Q(active=False) | Q(active_until__lt=today)
