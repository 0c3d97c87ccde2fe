"""In the demonstration alone: who can sign in, and the code of the moment."""

from __future__ import annotations

import time

from django.conf import settings
from django.utils import timezone
from django_otp.oath import hotp

from portal.team import throttle
from portal.team.models import Role, TotpDevice, User
from portal.team.second_factor import WrongCode, confirmed_device
from portal.team.throttle import CODE_DAY
from portal.web.account.cards import DemoCard, DemoPerson
from portal.web.account.people import initials_of


class NotTheDemo(Exception):
    """Codes are computed for nobody outside the demonstration."""


def demo_people() -> DemoCard | None:
    """Everybody who can sign in; None outside the demonstration."""
    if not settings.DEMO:
        return None
    team = User.objects.filter(active=True).order_by("created_at")
    return DemoCard(people=tuple(_person(user) for user in team if _can_sign_in(user)))


def demo_code(user: User) -> DemoCard | None:
    """The code that this person's phone would show; None outside the demonstration."""
    device = confirmed_device(user) if settings.DEMO else None
    return None if device is None else DemoCard(people=(), code=code_of(device))


def code_of(device: TotpDevice) -> str:
    """The code of now, or the next one if that was used already.

    Raises:
        NotTheDemo: wherever real people sign in.
    """
    if not settings.DEMO:
        raise NotTheDemo
    step = max(int(time.time()) // device.STEP_SECONDS, device.last_t + 1)
    return f"{hotp(device.key, step, digits=device.DIGITS):0{device.DIGITS}}"


def fresh_code(user: User) -> str:
    """A code that is good now, as if none had been given today: who looks round changes person all the time.

    Raises:
        NotTheDemo: wherever real people sign in.
        WrongCode: this person has no phone.
    """
    if not settings.DEMO:
        raise NotTheDemo
    device = confirmed_device(user)
    if device is None:
        raise WrongCode
    throttle.forgive(CODE_DAY, str(user.pk))
    device.last_t = -1
    device.throttle_reset(commit=False)
    device.save(update_fields=["last_t", "throttling_failure_count", "throttling_failure_timestamp"])
    return code_of(device)


def _can_sign_in(user: User) -> bool:
    return user.has_usable_password() and user.in_service(timezone.localdate())


def _person(user: User) -> DemoPerson:
    return DemoPerson(
        name=user.display_name,
        initials=initials_of(user.display_name),
        role=Role(user.role).label,
        sign_in_name=user.sign_in_name,
        password=settings.DEMO_PASSWORD,
    )
