"""What was loaded last, how old it is, and what was refused since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from portal.directory.models import Load, Reference
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
    """Two short look-ups."""
    load = Load.objects.in_place(what).defer("common").first()
    newest = Load.objects.newest(what).defer("common").first()
    at = (load.published_at or load.at) if load else None
    limit = timedelta(days=settings.REFERENCE_OLD_DAYS)
    old = at is None or timezone.now() - at > limit
    if newest is None or not newest.refused:
        return State(at, load.rows if load else 0, old)
    return State(at, load.rows if load else 0, old, newest.refused, newest.at)


def note_refusal(what: Reference, why: str) -> None:
    """Keep for the console that a file was not taken (owner)."""
    Load.objects.using(OWNER).create(what=what, at=timezone.now(), refused=why[:300])
