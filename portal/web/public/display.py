"""A screen on the wall: how many messages wait and for how long, nothing else, for whoever has its link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.conversations.figures import Figures, figures
from portal.house.calendar import calendar
from portal.house.displays import find_display, note_seen
from portal.mailboxes.silence import unread_since
from portal.notices.ladder import ladder
from portal.team.throttle import Limit, network_of, take
from portal.web.access import public
from portal.web.requests import PharmacyRequest, address_of

NBSP = "\N{NO-BREAK SPACE}"
# A screen asks four times a minute; a pharmacy's screens share its address.
ASKED = Limit("display-address", 1200, timedelta(minutes=15))
TOO_MUCH = "Trop de demandes depuis cette adresse."
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


class Level(StrEnum):
    CALM = "calm"
    WAITS = "waits"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class DisplayCard:
    """What the screen shows. `behind`: since when the mailbox is not read, for then the numbers are too small."""

    to_do: int
    oldest_to_do: str
    unopened: int
    oldest_unopened: str
    level: Level
    at: datetime
    behind: datetime | None


@require_safe
@public
def display(request: PharmacyRequest, token: str) -> HttpResponseBase:
    """The page, or with `?chiffres` its numbers alone, which it asks for by itself; no session, no cookie."""
    now = timezone.now()
    if not take(ASKED, network_of(address_of(request)), now=now).allowed:
        return HttpResponse(TOO_MUCH, status=429, content_type="text/plain; charset=utf-8", headers=HEADERS)
    found = find_display(token)
    if found is None:
        raise Http404
    note_seen(found, now=now)
    template = "public/_figures.html" if "chiffres" in request.GET else "public/display.html"
    response = render(request, template, {"name": found.name, "card": _card(figures(), now)})
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


def age(past: timedelta) -> str:
    """« moins d’une minute », « 12 min », « 1 h 05 », « 2 jours »."""
    minutes = int(past.total_seconds()) // 60
    if minutes < 1:
        return "moins d’une minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 24 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02}"
    days = minutes // (24 * 60)
    return f"{days}{NBSP}jour{'s' if days > 1 else ''}"


def _card(found: Figures, now: datetime) -> DisplayCard:
    return DisplayCard(
        to_do=found.to_do,
        oldest_to_do=age(now - found.oldest_to_do) if found.oldest_to_do else "",
        unopened=found.unopened,
        oldest_unopened=age(now - found.oldest_unopened) if found.oldest_unopened else "",
        level=_level(found, now),
        at=now,
        behind=unread_since(now),
    )


def _level(found: Figures, now: datetime) -> Level:
    """Late is what people are told of by the ladder: by the same minutes of opening."""
    if found.oldest_unopened is None:
        return Level.CALM
    minutes = ladder().minutes
    waited = calendar().open_time(found.oldest_unopened, now)
    return Level.LATE if minutes and waited >= timedelta(minutes=minutes) else Level.WAITS
