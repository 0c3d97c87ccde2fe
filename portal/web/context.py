"""What every template may show: the house, and how long its screens stay open."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from portal.team.login import Standing
from portal.team.policy import Permission, allows
from portal.web.account.cards import PharmacyCard
from portal.web.console.cards import leaving_words
from portal.web.demo.tour import tour_card
from portal.web.requests import StaffRequest


def pharmacy(request: HttpRequest) -> dict[str, Any]:
    """The house, and for a member of the team what her screens add. Asks the database nothing."""
    tenant = getattr(request, "tenant", None)
    card = PharmacyCard(tenant.name, tenant.address) if tenant else PharmacyCard("Officinal")
    context: dict[str, Any] = {"pharmacy": card, "demo_mode": settings.DEMO}
    if getattr(request, "standing", None) is Standing.MEMBER:
        context["idle_seconds"] = int(settings.IDLE_LOCK.total_seconds())
        context |= _of_member(cast(StaffRequest, request))
        if settings.DEMO:
            context["tour"] = tour_card(cast(StaffRequest, request))
    return context


def _of_member(request: StaffRequest) -> dict[str, Any]:
    """Whether the console is hers, and that her last day is near."""
    return {
        "may_console": allows(request.user, Permission.MANAGE_TEAM),
        "leaving": leaving_words(request.user, timezone.localdate()),
    }
