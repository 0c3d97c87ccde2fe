"""The PIN by which a person comes back to a workstation: which ones are taken, how it is kept, how it is tried."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team.models import Shift, User
from portal.team.shifts import ShiftOver
from portal.vault.index import fingerprint

FEWEST_FIGURES = 3  # different ones
BLOCKS = re.compile(r"(.{1,4})\1+")  # 123123, 121212


class TrivialPin(Exception):
    """Not figures alone, of another length, or among the first that anybody would try."""


class WrongPin(Exception):
    """Not the PIN, and it is in the journal; `left` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


def pins_are_taken() -> bool:
    return bool(settings.QUICK_RETURN == "pin")


def choose_pin(shift: Shift, pin: str, *, by: User) -> None:
    """Have this person come back to this workstation by these figures.

    Raises:
        TrivialPin: choose another one.
    """
    if not is_fit(pin):
        raise TrivialPin
    with transaction.atomic():
        locked = Shift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
        locked.pin = make_password(_peppered(locked, pin))
        locked.wrong = 0
        locked.save(update_fields=["pin", "wrong"])
        record(Event.PIN_SET, by=by, on=("user", by.pk), detail=f"workstation={locked.workstation_id}")


def drop_pin(shift: Shift, *, by: User) -> None:
    with transaction.atomic():
        if Shift.objects.filter(pk=shift.pk).exclude(pin__isnull=True).update(pin=None):
            record(Event.PIN_DROP, by=by, on=("user", by.pk), detail=f"workstation={shift.workstation_id}")


def forget_pins(user: User) -> None:
    """At every workstation, in the caller's transaction."""
    Shift.objects.filter(user=user).update(pin=None)


def check_pin(shift: Shift, pin: str, *, now: datetime) -> None:
    """Try a PIN. Each try is counted before it is made: of any number at once, five are looked at.

    Raises:
        WrongPin: try again.
        ShiftOver: five in a row were wrong, or there is no PIN: both factors again.
    """
    if shift.pin is None or not pins_are_taken() or not _take_try(shift):
        raise ShiftOver
    if check_password(_peppered(shift, pin), shift.pin):
        Shift.objects.filter(pk=shift.pk).update(wrong=0)
        return
    left = _count_failure(shift, now=now)
    if left <= 0:
        raise ShiftOver
    raise WrongPin(left)


def is_fit(pin: str) -> bool:
    """Figures of the one length, and none of: repetitions, runs, blocks, dates of birth."""
    if not (pin.isascii() and pin.isdigit() and len(pin) == settings.PIN_DIGITS):
        return False
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return (
        len(set(pin)) >= FEWEST_FIGURES
        and len(steps) > 1
        and not BLOCKS.fullmatch(pin)
        and not _is_in_pairs(pin)
        and not _is_date(pin)
    )


def _is_in_pairs(pin: str) -> bool:
    """112233."""
    return len(pin) % 2 == 0 and pin[::2] == pin[1::2]


def _is_date(pin: str) -> bool:
    """Somebody's birthday, which colleagues know: day, month, year."""
    if len(pin) < 6:
        return False
    try:
        datetime.strptime(pin, "%d%m%Y" if len(pin) == 8 else "%d%m%y")  # noqa: DTZ007
    except ValueError:
        return False
    return True


def _take_try(shift: Shift) -> bool:
    """One UPDATE, so under the row's lock and committed before the PIN is looked at."""
    lasting = Shift.objects.filter(pk=shift.pk, ended_at=None, wrong__lt=Shift.MOST_WRONG)
    return lasting.update(wrong=F("wrong") + 1) == 1


def _count_failure(shift: Shift, *, now: datetime) -> int:
    """How many tries remain; the last one ends the shift."""
    with transaction.atomic():
        row = Shift.objects.select_for_update(of=("self",)).defer("pin").get(pk=shift.pk)
        left = Shift.MOST_WRONG - row.wrong
        if left > 0 or row.ended_at is not None:
            event = Event.PIN_FAILED
        else:
            event = Event.PIN_STOPPED
            Shift.objects.filter(pk=shift.pk).update(ended_at=now)
        detail = f"workstation={shift.workstation_id}"
        record(event, by=None, on=("user", shift.user_id), detail=detail)
    return left


def _peppered(shift: Shift, pin: str) -> str:
    """Keyed by the pharmacy, bound to workstation and person: a row moved elsewhere, or taken without keys, is dumb."""
    return fingerprint("team.pin", f"{shift.workstation_id} {shift.user_id} {pin}")
