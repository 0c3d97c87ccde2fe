"""Put a conversation aside: what to wait for, until when, and when to be reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.conversations.actions import NotLater, StaleVersion, wait
from portal.house import moments
from portal.house.calendar import Calendar, calendar
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.acts import stopped
from portal.web.inbox.answers import after_act, fragment, in_shell, viewer_of
from portal.web.inbox.conversation import conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.forms import ANSWER, DAY, WaitForm
from portal.web.requests import StaffRequest, is_htmx

PASSED = "Cette heure est passée, ou la date manque : choisissez quand la conversation doit revenir."


@dataclass(frozen=True, slots=True)
class Later:
    """One line of « Plus tard »: « Demain matin », at that moment."""

    code: str
    label: str
    at: datetime


@requires(Permission.WAIT)
@require_http_methods(["GET", "HEAD", "POST"])
def wait_for(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """What there is to choose from, asked apart because it needs the hours; or do what was chosen."""
    conversation = conversation_for(request.user, conversation_id)
    now = timezone.now()
    if request.method != "POST":
        return _choices(request, conversation_id, now)
    form = WaitForm(request.POST)
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    until = until_of(chosen["later"], chosen["day"], chosen["remind"], now=now)
    if until is None and chosen["later"] not in ("", ANSWER):
        return after_act(request, conversation_id, fault=PASSED, status=422)
    try:
        wait(conversation, on=form.state, until=until, by=request.user, version=chosen["version"])
    except StaleVersion:
        return stopped(request, conversation)
    except NotLater:
        return after_act(request, conversation_id, fault=PASSED, status=422)
    return after_act(request, conversation_id)


def later_choices(now: datetime, doors: Calendar) -> tuple[Later, ...]:
    """What is still ahead, and no moment twice."""
    found = (
        ("tonight", "Ce soir", moments.this_evening(now, doors)),
        ("tomorrow", "Demain matin", moments.tomorrow(now, doors)),
        ("monday", "Lundi", moments.monday(now, doors)),
    )
    first: dict[datetime, Later] = {}
    for code, label, at in found:
        if at is not None:
            first.setdefault(at, Later(code, label, at))
    return tuple(first.values())


def until_of(later: str, day: date | None, remind: int | None, *, now: datetime) -> datetime | None:
    """The moment that was chosen; None: none was, or it has passed."""
    if remind:
        return moments.in_days(remind, now, calendar())
    if later == DAY:
        return moments.opening(day, calendar()) if day else None
    ahead = later_choices(now, calendar()) if later and later != ANSWER else ()
    return next((each.at for each in ahead if each.code == later), None)


def _choices(request: StaffRequest, conversation_id: UUID, now: datetime) -> HttpResponse:
    context = {"later": later_choices(now, calendar()), "today": timezone.localdate(now).isoformat()}
    if is_htmx(request):
        return fragment(request, "inbox/_wait_until.html", context)
    viewer = viewer_of(request)
    card = conversation_card(conversation_for(request.user, conversation_id), viewer)
    return in_shell(request, "inbox/wait.html", {"conversation": card, **context}, place=viewer.place)
