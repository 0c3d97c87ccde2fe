"""Have people told of what waits: who is on duty after some minutes of opening, the responsible one after as many more.

Everything is decided in one transaction, under the lock of the ladder's row: a rung is climbed once, and what is to
leave is a `Notice`. Whatever may begin to wait asks for the wake-up (portal/house/alarm.py); until nothing does any
more, each look asks for the next one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.house.alarm import WAKE, look_at_once
from portal.house.calendar import Calendar, calendar
from portal.lib.failpoints import reach
from portal.mailboxes.actions import database_now
from portal.notices.actions import queue
from portal.notices.models import ALERTS, Climb, Ladder, Notice, NoticeKind, Reach, Rung
from portal.notices.reach import Told, audience
from portal.notices.waits import Wait, waits
from portal.team.duty import gone
from portal.team.models import User
from tenants.context import current_pharmacy
from tenants.wakeups import wake

# One person is told of the same kind of thing once in so long, however much comes in: with a count.
QUIET = timedelta(minutes=15)
# What comes due at closing time is told all the same.
GRACE = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
LARGEST = 32_767

Key = tuple[str, UUID, datetime, int]


@dataclass(slots=True)
class Look:
    """What one look found: how far each thing has come, and when it must be looked again."""

    now: datetime
    shut: bool
    opens_at: datetime | None
    climbed: dict[Key, datetime] = field(default_factory=dict)
    again: list[datetime] = field(default_factory=list)
    told: list[tuple[UUID, str]] = field(default_factory=list)
    nobody: bool = False


def ladder() -> Ladder:
    """What the responsible person chose, or what stands until she does."""
    return Ladder.objects.select_related("deputy").first() or Ladder()


def set_ladder(*, minutes: int, deputy: User | None, by: Person | Actor) -> None:
    """After how many minutes of opening; 0: nobody is told."""
    with transaction.atomic():
        Ladder.objects.update_or_create(id=1, defaults={"minutes": minutes, "deputy": deputy})
        look_at_once(database_now())
        detail = f"minutes={minutes}" + (f" deputy={deputy.pk}" if deputy else "")
        record(Event.LADDER_CHANGE, by=by, on=("pharmacy", current_pharmacy().id), detail=detail)


def climb() -> None:
    """Climb what is due, tell whom it concerns, and ask to be woken for what comes next."""
    with transaction.atomic():
        rule = _held()
        waiting = waits() if rule.minutes else []
        if not waiting:
            return
        hours, people, step = calendar(), audience(rule), timedelta(minutes=rule.minutes)
        look = _look(hours, database_now())
        _climb(waiting, hours, step, look, on_duty=_reachable(people, Rung.DUTY))
        for each in people:
            _tell(each, waiting, look)
        _end(look)


def ask_again() -> None:
    """Should anything wait, look: it costs nothing where all is told."""
    if waits():
        look_at_once(database_now())


def forget_old() -> None:
    """What was climbed long ago, and where those are reached who do not work here any more; once a night."""
    now = database_now()
    Climb.objects.filter(at__lt=now - KEPT_FOR).delete()
    Reach.objects.filter(user__in=gone(timezone.localdate(now))).delete()


def _held() -> Ladder:
    """Two looks at once are one after the other."""
    Ladder.objects.get_or_create(id=1)
    return Ladder.objects.select_related("deputy").select_for_update(of=("self",)).get()


def _look(hours: Calendar, now: datetime) -> Look:
    shut = not hours.is_open(now) and not hours.is_open(now - GRACE)
    return Look(now, shut, hours.next_opening(now) if shut else None)


def _reachable(people: Iterable[Told], rung: Rung) -> bool:
    return any(rung in each.rungs and each.ways for each in people)


def _climb(waiting: Sequence[Wait], hours: Calendar, step: timedelta, look: Look, *, on_duty: bool) -> None:
    """Write down each rung that is reached and was not; nobody on duty: the responsible person at once."""
    known = Climb.objects.filter(about__in=[wait.about for wait in waiting])
    for cause, about, since, rung, at in known.values_list("cause", "about", "since", "rung", "at"):
        look.climbed[(cause, about, since, rung)] = at
    new: list[Climb] = []
    for rung, opening in ((Rung.DUTY, step), (Rung.HEAD, 2 * step if on_duty else step)):
        due = _how_many_due(waiting, hours, opening, look.now)
        for wait in waiting[:due]:
            if (key := _key(wait, rung)) not in look.climbed:
                look.climbed[key] = look.now
                new.append(_row(wait, rung, look.now))
        if due < len(waiting) and (following := hours.moment_after(waiting[due].since, opening)):
            look.again.append(following)
    Climb.objects.bulk_create(new)
    look.nobody = any(each.rung == Rung.HEAD for each in new)


def _how_many_due(waiting: Sequence[Wait], hours: Calendar, opening: timedelta, now: datetime) -> int:
    """The longest waits come first, so that a few looks at the calendar are enough."""
    return bisect_left(waiting, True, key=lambda wait: hours.open_time(wait.since, now) < opening)


def _tell(person: Told, waiting: Sequence[Wait], look: Look) -> None:
    if not person.ways:
        return
    look.nobody = look.nobody and Rung.HEAD not in person.rungs
    last = _last_told(person.user.pk)
    for kind in ALERTS:
        mine = [wait for wait in waiting if wait.kind == kind and wait.concerns(person.user.pk)]
        reached = {
            (wait, rung): look.climbed[key]
            for wait in mine
            for rung in person.rungs
            if (key := _key(wait, rung)) in look.climbed
        }
        told_at = last.get(kind)
        fresh = [rung for (_, rung), at in reached.items() if told_at is None or at > told_at]
        if not fresh:
            continue
        if look.shut:  # nobody is called at night: whoever opens is told
            look.again.extend([look.opens_at] if look.opens_at else [])
            continue
        if told_at and told_at + QUIET > look.now:
            look.again.append(told_at + QUIET)
            continue
        _send(person, kind, max(fresh), len({wait for wait, _ in reached}), look)


def _last_told(user_id: UUID) -> dict[NoticeKind, datetime]:
    found = Notice.objects.filter(about=user_id, kind__in=ALERTS).values_list("kind")
    return {NoticeKind(kind): at for kind, at in found.annotate(at=Max("created_at"))}


def _send(person: Told, kind: NoticeKind, rung: Rung, n: int, look: Look) -> None:
    for way, address in person.ways:
        notice = Notice(
            kind=kind, way=way, address=address, about=person.user.pk, n=min(n, LARGEST), rung=rung
        )
        queue(notice, at=look.now)
        look.told.append((person.user.pk, f"kind={kind} rung={rung:d} n={n} way={way}"))


def _end(look: Look) -> None:
    """Wake-ups, then the journal."""
    reach("ladder.told")
    if look.again:
        wake(WAKE, min(look.again))
    for user_id, detail in look.told:
        record(Event.LADDER_TOLD, by=None, on=("user", user_id), detail=detail)
    if look.nobody:
        record(Event.LADDER_NOBODY, by=None, on=("pharmacy", current_pharmacy().id))


def _key(wait: Wait, rung: Rung) -> Key:
    return (wait.cause, wait.about, wait.since, rung)


def _row(wait: Wait, rung: Rung, at: datetime) -> Climb:
    return Climb(cause=wait.cause, about=wait.about, since=wait.since, rung=rung, at=at)
