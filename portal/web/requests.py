"""What a view may know of who asks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from portal.team.login import Standing
from portal.team.models import User
from tenants.models import Pharmacy

# A request that no person asked for, such as polling: it does not keep the session awake.
UNATTENDED = "HTTP_X_UNATTENDED"


class PharmacyRequest(HttpRequest):
    """A request to the host of a pharmacy (tenants/middleware.py has looked it up)."""

    tenant: Pharmacy
    session: SessionStore
    standing: Standing


class StaffRequest(PharmacyRequest):
    """A request of a member of the team, at least once the password was given."""

    user: User


class Nobody:
    """Who is not signed in; what django-otp asks of an anonymous user."""

    pk = id = None
    is_anonymous = True
    is_authenticated = False
    otp_device: Any = None

    def is_verified(self) -> bool:
        return False


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. Behind the proxy, what the proxy added last: the rest may be forged."""
    if settings.BEHIND_PROXY:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
