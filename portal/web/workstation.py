"""Whether a request comes from an enrolled browser, which its cookie says."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from portal.team.models import Workstation
from portal.team.workstations import find_workstation


def workstation_of(request: HttpRequest) -> Workstation | None:
    """The enrolled workstation that this request comes from; one query where a browser claims to be one."""
    return find_workstation(request.COOKIES.get(settings.WORKSTATION_COOKIE_NAME, ""))


def keep_credential(response: HttpResponseBase, credential: str) -> None:
    """Have the browser keep what it is known by: out of reach of scripts, and of other sites' links."""
    response.set_cookie(
        settings.WORKSTATION_COOKIE_NAME,
        credential,
        max_age=settings.WORKSTATION_COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
