"""What every template may show: the house, and how long its screens stay open."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.team.login import Standing
from portal.web.account.cards import PharmacyCard


def pharmacy(request: HttpRequest) -> dict[str, Any]:
    """`pharmacy`, `demo_mode`, and `idle_seconds` for a member of the team. Asks the database nothing."""
    tenant = getattr(request, "tenant", None)
    card = PharmacyCard(tenant.name, tenant.address) if tenant else PharmacyCard("Officinal")
    context: dict[str, Any] = {"pharmacy": card, "demo_mode": settings.DEMO}
    if getattr(request, "standing", None) is Standing.MEMBER:
        context["idle_seconds"] = int(settings.IDLE_LOCK.total_seconds())
    return context
