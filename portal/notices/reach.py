"""How people want to be told, and who is told at each rung of the ladder: those on duty, then the responsible one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.mailboxes.actions import database_now
from portal.notices.actions import can_tell, check_address, queue
from portal.notices.models import Ladder, Notice, NoticeKind, Reach, Rung, Way
from portal.notices.sms import mobile
from portal.team.duty import working
from portal.team.models import Responsibility, User
from portal.team.policy import Permission, allows


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told, at which rungs, and by which ways; `ways` is empty where none of hers works."""

    user: User
    rungs: frozenset[Rung]
    ways: tuple[tuple[Way, str], ...]


def reach_of(user: User) -> Reach:
    """What she chose; one that says "not at all" when she chose nothing."""
    return Reach.objects.filter(user=user).first() or Reach(user=user)


def set_reach(user: User, *, email: str, mobile_number: str, by_email: bool, by_sms: bool) -> Reach:
    """What she chose herself. A way without an address is none.

    Raises:
        BadAddress, BadNumber: nothing was changed.
    """
    if email:
        check_address(email)
    number = mobile(mobile_number) if mobile_number else ""
    with transaction.atomic():
        reach = Reach.objects.select_for_update().filter(user=user).first() or Reach(user=user)
        reach.email, reach.mobile = email or None, number or None
        reach.by_email, reach.by_sms = by_email and bool(email), by_sms and bool(number)
        reach.save()
        detail = f"email={int(reach.by_email)} sms={int(reach.by_sms)}"
        record(Event.REACH_CHANGE, by=user, on=("user", user.pk), detail=detail)
    return reach


def try_out(user: User, way: Way) -> bool:
    """Send her the trial that she asks for; False when this way leads nowhere."""
    address = dict(_ways(reach_of(user))).get(way)
    if address is None:
        return False
    with transaction.atomic():
        notice = Notice(kind=NoticeKind.TRIAL, way=way, address=address, about=user.pk)
        queue(notice, at=database_now())
        record(Event.NOTICE_TRIAL, by=user, on=("notice", notice.pk), detail=f"way={way}")
    return True


def audience(ladder: Ladder) -> list[Told]:
    """Who would be told now. On duty is who works here today, is not away, may read, and chose to be told.

    The responsible person always is at the second rung, at the address that the console has for her when she chose
    none; while she is away her deputy too.
    """
    here = {reach.user_id: reach for reach in Reach.objects.select_related("user")}
    on_duty = working(here, today=timezone.localdate())
    told = {
        user_id: {Rung.DUTY}
        for user_id, reach in here.items()
        if user_id in on_duty and allows(reach.user, Permission.READ) and (reach.by_email or reach.by_sms)
    }
    heads = {head.pk: head for head in _heads(ladder)}
    for user_id in heads:
        told.setdefault(user_id, set()).add(Rung.HEAD)
    people = {**{user_id: reach.user for user_id, reach in here.items()}, **heads}
    return [
        Told(people[user_id], frozenset(rungs), _ways_to(people[user_id], here.get(user_id)))
        for user_id, rungs in told.items()
    ]


def _heads(ladder: Ladder) -> list[User]:
    responsible = Responsibility.objects.select_related("user").get().user
    if ladder.deputy is None:
        return [responsible]
    here = working([responsible.pk, ladder.deputy.pk], today=timezone.localdate())
    is_stood_in = responsible.pk not in here and ladder.deputy.pk in here
    return [responsible, ladder.deputy] if is_stood_in else [responsible]


def _ways_to(user: User, reach: Reach | None) -> tuple[tuple[Way, str], ...]:
    """Where she chose nothing, or what she chose cannot be used: the address that the console has, if any."""
    chosen = _ways(reach) if reach else ()
    if chosen or not user.email or not can_tell():
        return chosen
    return ((Way.EMAIL, user.email),)


def _ways(reach: Reach) -> tuple[tuple[Way, str], ...]:
    wanted = ((Way.EMAIL, reach.by_email, reach.email), (Way.SMS, reach.by_sms, reach.mobile))
    return tuple((way, address) for way, on, address in wanted if on and address and can_tell(way))
