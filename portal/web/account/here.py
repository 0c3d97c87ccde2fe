"""Who was here today: the people whom the lock of a workstation shows."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.team.models import Role, Shift, Workstation
from portal.team.pins import pins_are_taken
from portal.team.shifts import has_passkey, shifts_at
from portal.web.access import safe_next
from portal.web.account.cards import PersonHere
from portal.web.account.people import initials_of
from portal.web.requests import PharmacyRequest
from portal.web.workstation import workstation_of

HANDED_ON = "/equipe/releve/"


def handed_on(next_url: str) -> str:
    """The one page that is left for whoever comes, and not kept for who left it; else nothing."""
    return next_url if next_url == HANDED_ON else ""


def sign_in_instead(next_url: str) -> str:
    """Where somebody else gives both factors, and is led to what was left for her."""
    url = f"{reverse('sign_in')}?autre=1"
    left = handed_on(next_url)
    return f"{url}&{urlencode({'next': left})}" if left else url


def people_here(request: PharmacyRequest, *, next_url: str = "") -> list[PersonHere]:
    """Everybody who may come back here without both factors, whose locked screen this is first; none elsewhere."""
    workstation = workstation_of(request) if settings.QUICK_RETURN != "off" else None
    if workstation is None:
        return []
    cards = [person_here(request, shift, next_url=next_url) for shift in _returning(workstation)]
    return sorted(cards, key=lambda card: not card.is_me)


def person_here(request: PharmacyRequest, shift: Shift, *, next_url: str = "") -> PersonHere:
    user = shift.user
    url = reverse("return_as", args=[user.pk])
    return PersonHere(
        name=user.display_name,
        initials=initials_of(user.display_name),
        role=Role(user.role).label,
        url=f"{url}?{urlencode({'next': next_url})}" if next_url else url,
        has_pin=_has_pin(shift),
        has_passkey=has_passkey(shift),
        challenge_url=reverse("return_challenge", args=[user.pk]),
        is_me=getattr(request.user, "pk", None) == user.pk,
    )


def place_of(request: PharmacyRequest) -> str:
    """The page of the team that this request was sent from, ids and all; no word stands in such an address."""
    left = urlsplit(request.headers.get("Referer", ""))
    if left.netloc != request.get_host():
        return ""
    return safe_next(f"{left.path}?{left.query}" if left.query else left.path)


def _returning(workstation: Workstation) -> list[Shift]:
    """Of those who are here today, who has something to come back by."""
    found = shifts_at(workstation, now=timezone.now())
    return [shift for shift in found if _has_pin(shift) or has_passkey(shift)]


def _has_pin(shift: Shift) -> bool:
    return shift.pin is not None and pins_are_taken()
