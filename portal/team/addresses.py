"""The web addresses that commands print for people."""

from __future__ import annotations

import io

import segno
from django.conf import settings
from django.urls import reverse

from tenants.models import Domain, DomainKind, Pharmacy


def invitation_url(pharmacy: Pharmacy, token: str) -> str:
    """The single-use link, on the pharmacy's own host."""
    host = Domain.objects.get(tenant=pharmacy, kind=DomainKind.TEAM, is_primary=True).domain
    scheme = "https" if settings.HTTPS else "http"
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    path = reverse("accept_invitation", urlconf=settings.ROOT_URLCONF, args=[token])
    return f"{scheme}://{host}{port}{path}"


def square(url: str) -> str:
    """The link as a QR code made of letters, for a terminal."""
    drawing = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawing, compact=True)
    return drawing.getvalue()
