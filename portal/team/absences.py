"""When somebody is away: announced by herself or by the responsible person; her open work goes back to the team."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.team.duty import WAKE_POOL
from portal.team.models import Absence, User
from tenants.wakeups import wake


class Backwards(Exception):
    """An absence ends before it begins, or has ended already."""


def announce(user: User, *, begins: datetime, ends: datetime, by: Person | Actor, now: datetime) -> Absence:
    """Somebody will be away, or is from now on; the same absence again changes nothing.

    Raises:
        Backwards: nothing was changed.
    """
    if ends <= max(begins, now):
        raise Backwards
    with transaction.atomic():
        absence, new = Absence.objects.get_or_create(user=user, begins=begins, ends=ends)
        if new:
            wake(WAKE_POOL, begins)
            detail = f"from={begins:%Y%m%d} to={ends:%Y%m%d}"
            record(Event.ABSENCE_ADD, by=by, on=("user", user.pk), detail=detail)
    return absence


def call_off(absence_id: UUID, *, of: User, by: Person | Actor) -> bool:
    """She is back earlier, or does not go; what went back to the team stays there. False: no such absence."""
    with transaction.atomic():
        dropped, _ = Absence.objects.filter(pk=absence_id, user=of).delete()
        if dropped:
            record(Event.ABSENCE_REMOVE, by=by, on=("user", of.pk))
    return bool(dropped)
