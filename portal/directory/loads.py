"""What was loaded last, how old it is, and what was refused since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone

from portal.directory.models import Load, Reference, TrustedDomain
from tenants.connections import OWNER


@dataclass(frozen=True, slots=True)
class State:
    """Reference data as they are now: `at` is when they were published, or else loaded; None when they never were.

    `refused`: why the newest file was not taken, when that is so, and when it was refused.
    """

    at: datetime | None
    rows: int
    old: bool
    refused: str = ""
    refused_at: datetime | None = None

    @property
    def missing(self) -> bool:
        return self.at is None


def state_of(what: Reference) -> State:
    """Two short look-ups; a third for a list that was loaded before loads were kept."""
    load = Load.objects.in_place(what).defer("common", "areas").first()
    newest = Load.objects.newest(what).defer("common", "areas").first()
    at, rows = _before_loads(what) if load is None else (load.published_at or load.at, load.rows)
    old = at is None or timezone.now() - at > timedelta(days=settings.REFERENCE_OLD_DAYS)
    if newest is None or not newest.refused:
        return State(at, rows, old)
    return State(at, rows, old, newest.refused, newest.at)


def _before_loads(what: Reference) -> tuple[datetime | None, int]:
    if what != Reference.WHITELIST:
        return None, 0
    found = TrustedDomain.objects.aggregate(at=Max("loaded_at"), rows=Count("pk"))
    return found["at"], found["rows"]


def note_refusal(what: Reference, why: str) -> None:
    """Keep for the console that a file was not taken (owner)."""
    Load.objects.using(OWNER).create(what=what, at=timezone.now(), refused=why[:300])
