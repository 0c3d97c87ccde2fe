"""Three days before somebody's last day, tell that person and the responsible one; once, by e-mail where there is one.

Their screens say it too, by themselves (team/leaving.py).
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.mailboxes.actions import database_now
from portal.notices.actions import BadAddress, tell
from portal.notices.models import NoticeKind
from portal.team.leaving import warned_at
from portal.team.models import Responsibility, User
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

WAKE = "leaving"


def warn_leaving() -> None:
    """Tell of every last day that is near and was not told of; then ask to be woken for the next one."""
    now = database_now()
    for person_id in [user.pk for user in _untold(now) if _day_of(user) <= now]:
        _warn(person_id, now)
    following = next_warning(now)
    if following is not None:
        wake(WAKE, following)


def next_warning(now: datetime) -> datetime | None:
    """When the next warning is due."""
    return min((_day_of(user) for user in _untold(now)), default=None)


def _untold(now: datetime) -> list[User]:
    leaving = User.objects.filter(active=True, active_until__gte=timezone.localdate(now))
    return list(leaving.exclude(told_last_day=F("active_until")))


def _day_of(user: User) -> datetime:
    if user.active_until is None:
        raise ValueError(user.pk)
    return warned_at(user.active_until)


def _warn(person_id: UUID, now: datetime) -> None:
    """Under the person's lock: two workers tell once."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=person_id)
        if user not in _untold(now) or user.active_until is None:
            return
        user.told_last_day = user.active_until
        user.save(update_fields=["told_last_day"])
        responsible = Responsibility.objects.select_related("user").get().user
        told = _tell(user, NoticeKind.LEAVING, about=user)
        told += _tell(responsible, NoticeKind.COLLEAGUE_LEAVING, about=user)
        record(Event.LEAVING_TOLD, by=None, on=("user", user.pk), detail=f"notices={told}")


def _tell(person: User, kind: NoticeKind, *, about: User) -> int:
    """1 if a notice is on its way."""
    if not person.email:
        return 0
    try:
        return int(tell(person.email, kind, about=about.pk))
    except BadAddress:
        logger.warning("the address of %s is none", person.pk)
        return 0
