"""The question that a passkey shall sign: kept in the session, of one purpose, good once and for five minutes."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from portal.team.passkeys import Question, Site, WrongPasskey
from portal.web.requests import PharmacyRequest

KEY = "challenge"
LIFE = timedelta(minutes=5)
OWN, NEW = "own", "new"


def site_of(request: PharmacyRequest) -> Site:
    """This pharmacy's host, which was looked up exactly, and the origin that a browser shows for it."""
    host = request.get_host()
    return Site(host.partition(":")[0], f"{request.scheme}://{host}", request.tenant.name)


def put(request: PharmacyRequest, question: Question, purpose: str) -> HttpResponse:
    """Give the browser its question; an earlier one is void."""
    challenge = base64.b64encode(question.challenge).decode()
    request.session[KEY] = [purpose, challenge, timezone.now().timestamp()]
    return HttpResponse(question.options, content_type="application/json")


def taken(request: PharmacyRequest, purpose: str) -> bytes:
    """The challenge that was put here for this purpose; it is gone then.

    Raises:
        WrongPasskey: there is none, or it is too old.
    """
    kept, challenge, stamp = request.session.pop(KEY, ("", "", 0.0))
    age = timezone.now() - datetime.fromtimestamp(stamp, tz=timezone.get_default_timezone())
    if kept != purpose or age > LIFE:
        raise WrongPasskey
    return base64.b64decode(challenge)


def for_return(person_id: object) -> str:
    """The purpose of somebody's coming back to a workstation."""
    return f"return {person_id}"
