"""One's own access: how one comes in, and how one comes back at this workstation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.team import login
from portal.team.models import Passkey
from portal.team.passkeys import passkeys_of
from portal.team.pins import pins_are_taken
from portal.team.second_factor import confirmed_device
from portal.team.shifts import own_shift
from portal.web.access import requires_member
from portal.web.account.people import person_card
from portal.web.requests import StaffRequest


@dataclass(frozen=True, slots=True)
class PasskeyCard:
    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccessCard:
    """`workstation` is empty away from an enrolled one."""

    has_phone: bool
    passkeys: tuple[PasskeyCard, ...]
    workstation: str
    takes_pins: bool
    has_pin: bool

    @property
    def factors(self) -> int:
        """The last one is not taken away."""
        return self.has_phone + len(self.passkeys)


@require_safe
@requires_member
def my_access(request: StaffRequest) -> HttpResponse:
    shift = own_shift(request.session.get(login.SHIFT), request.user, now=timezone.now())
    access = AccessCard(
        has_phone=confirmed_device(request.user) is not None,
        passkeys=tuple(_card(each) for each in passkeys_of(request.user)),
        workstation=shift.workstation.name if shift else "",
        takes_pins=pins_are_taken(),
        has_pin=shift is not None and shift.pin is not None,
    )
    return render(request, "account/access.html", {"me": person_card(request.user), "access": access})


def _card(passkey: Passkey) -> PasskeyCard:
    return PasskeyCard(passkey.pk, passkey.name, passkey.created_at, passkey.used_at)
