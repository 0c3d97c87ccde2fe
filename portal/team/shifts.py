"""Who is at a workstation today: begun by both factors, over by its end, by twelve hours, by the turn of the day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from portal.audit.actions import record
from portal.audit.events import Event
from portal.lib.nights import PARIS
from portal.team.models import Passkey, Shift, User, Workstation

LONGEST_PLACE = 300


class ShiftOver(Exception):
    """This person gives both factors again: nothing less lets her in here."""


def begin_shift(user: User, *, at: Workstation, proof: str, now: datetime) -> tuple[Shift, bool]:
    """Both factors were given at this workstation. True: for the first time ever, by this person."""
    return Shift.objects.update_or_create(
        workstation=at,
        user=user,
        defaults={
            "proof": proof,
            "proved_at": now,
            "ended_at": None,
            "epoch": user.session_epoch,
            "wrong": 0,
        },
    )


def shifts_at(workstation: Workstation, *, now: datetime) -> list[Shift]:
    """Of everybody who may come back to this workstation with less than both factors, by name; one query."""
    lasting = Shift.objects.lasting(since=_since(now)).filter(workstation=workstation)
    lasting = lasting.annotate(has_passkey=Exists(Passkey.objects.filter(user=OuterRef("user_id"))))
    found = lasting.select_related("user").order_by("user__display_name")
    today = now.astimezone(PARIS).date()
    return [shift for shift in found if shift.user.in_service(today)]


def shift_of(user_id: object, *, at: Workstation, now: datetime) -> Shift:
    """Raises ShiftOver."""
    for shift in shifts_at(at, now=now):
        if shift.user_id == user_id:
            return shift
    raise ShiftOver


def has_passkey(shift: Shift) -> bool:
    """Of one that `shifts_at` found."""
    return bool(vars(shift)["has_passkey"])


def own_shift(shift_id: str | None, user: User, *, now: datetime) -> Shift | None:
    """The shift that this person's session belongs to, while it lasts."""
    if not shift_id:
        return None
    lasting = Shift.objects.lasting(since=_since(now)).filter(pk=shift_id, user=user)
    return lasting.select_related("workstation", "user").first()


def end_shift(user: User, *, at: Workstation, now: datetime) -> None:
    """*Fin de service*: both factors again, next time."""
    with transaction.atomic():
        if Shift.objects.filter(user=user, workstation=at, ended_at=None).update(ended_at=now):
            record(Event.SHIFT_END, by=user, on=("user", user.pk), detail=f"workstation={at.pk}")


def end_all_shifts(*, now: datetime, proof: str = "") -> None:
    """Everybody's, or those that began with this device; in the caller's transaction."""
    which = Q(proof=proof) if proof else Q()
    Shift.objects.filter(which, ended_at=None).update(ended_at=now)


def keep_place(shift_id: str | None, user: User, place: str) -> None:
    """Remember the page that this person leaves: her own return opens it again."""
    if shift_id and place and len(place) <= LONGEST_PLACE:
        Shift.objects.filter(pk=shift_id, user=user).update(place=place)


def keep_words(shift_id: str | None, user: User, note: str | None) -> None:
    """Have a note that was being written wait for its author; None: it is written, or given up."""
    if shift_id is None:
        return
    with transaction.atomic():
        locked = Shift.objects.select_for_update(of=("self",)).filter(pk=shift_id, user=user).first()
        if locked is not None:
            locked.note = note
            locked.save(update_fields=["note"])


def _since(now: datetime) -> datetime:
    """Both factors that were given before then count no more."""
    longest = now - settings.SESSION_LIFE
    if not settings.SHIFT_ENDS:
        return longest
    local = now.astimezone(PARIS)
    turn = datetime.combine(local.date(), time.fromisoformat(settings.SHIFT_ENDS), tzinfo=PARIS)
    if turn > local:
        turn = datetime.combine(local.date() - timedelta(days=1), turn.timetz())
    return max(longest, turn)
