"""What every template may show: the house, and how long its screens stay open."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from portal.house.details import details
from portal.house.models import Details
from portal.team.login import SHIFT, Standing
from portal.team.policy import Permission, allows
from portal.web.account.cards import PharmacyCard
from portal.web.console.cards import leaving_words
from portal.web.demo.tour import tour_card
from portal.web.headers import events_origin
from portal.web.requests import StaffRequest
from tenants.models import Pharmacy


class HouseCard:
    """A PharmacyCard whose address and phone are looked up by the few pages that show them."""

    def __init__(self, tenant: Pharmacy) -> None:
        self.name = tenant.name
        self._tenant = tenant

    @cached_property
    def _details(self) -> Details | None:
        return details()

    @property
    def address(self) -> str:
        """What the responsible person wrote; until then, what the pharmacy was opened with."""
        return self._details.address if self._details else self._tenant.address

    @property
    def phone(self) -> str:
        return self._details.phone if self._details else ""


def pharmacy(request: HttpRequest) -> dict[str, Any]:
    """The house, and for a member of the team what her screens add.

    Asks the database nothing, but for the address and phone where a page shows them.
    """
    tenant = getattr(request, "tenant", None)
    card = HouseCard(tenant) if tenant else PharmacyCard("Officinal")
    context: dict[str, Any] = {"pharmacy": card, "demo_mode": settings.DEMO}
    if getattr(request, "standing", None) is Standing.MEMBER:
        context["idle_seconds"] = int(settings.IDLE_LOCK.total_seconds())
        context["events_url"] = f"{events_origin(request)}{reverse('events')}" if settings.EVENTS else ""
        context |= _of_member(cast(StaffRequest, request))
        if settings.DEMO:
            context["tour"] = tour_card(cast(StaffRequest, request))
    return context


def _of_member(request: StaffRequest) -> dict[str, Any]:
    """Whether the console is hers, whether she is at work at a workstation, and that her last day is near."""
    return {
        "may_console": allows(request.user, Permission.MANAGE_TEAM),
        "at_workstation": SHIFT in request.session,
        "leaving": leaving_words(request.user, timezone.localdate()),
    }
