"""In the demonstration alone, on a pharmacy's host: one click signs a person in, and moves the tour on."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from portal.conversations.matching import message_mark
from portal.team.login import TooManyTries, WrongPassword, check_name_and_password
from portal.team.second_factor import TooManyCodes, WrongCode, check_code
from portal.web.access import public, requires_member, safe_next
from portal.web.account.demo import fresh_code
from portal.web.account.entering import enter_fully, enter_half
from portal.web.demo import operator, tour
from portal.web.demo.steps import FIRST, LAST
from portal.web.demo.tickets import NoTicket, name_on
from portal.web.inbox.places import TO_DO
from portal.web.requests import PharmacyRequest, StaffRequest, address_of


@csrf_exempt
@require_POST
@public
def enter(request: PharmacyRequest) -> HttpResponseBase:
    """Through the true door: password, code, session, journal.

    The front page is another site: its forms hold no token of this one, and its posts no origin. The signed
    ticket, which a stranger's page cannot have, stands in for both.
    """
    if not settings.DEMO:
        raise Http404
    number = _wanted_step(request.POST.get("tour", ""))
    mark = tour.mark_of(request.session)  # before the session of whoever was here ends
    try:
        name = name_on(request.POST.get("ticket", ""), pharmacy_id=request.tenant.id)
        _sign_in(request, name)
    except (NoTicket, WrongPassword, WrongCode, TooManyTries, TooManyCodes):
        return redirect("sign_in")
    if not number:
        return HttpResponseRedirect(safe_next(request.POST.get("next")) or TO_DO.url)
    tour.stand_at(request.session, number, _begun() if number == FIRST else mark)
    return HttpResponseRedirect(tour.address_of(number, tour.trail_of(mark)))


@require_safe
@requires_member
def tour_state(request: StaffRequest) -> HttpResponse:
    """Asked by the tour's strip every two seconds."""
    number = tour.step_of(request.session)
    if not settings.DEMO or not number:
        raise Http404
    state = tour.state_of(number, tour.trail_of(tour.mark_of(request.session)))
    return render(request, "demo/_tour_state.html", {"state": state})


@require_POST
@requires_member
def leave_tour(request: StaffRequest) -> HttpResponseBase:
    request.session.pop(tour.KEY, None)
    return HttpResponseRedirect(TO_DO.url)


def _sign_in(request: PharmacyRequest, name: str) -> None:
    now = timezone.now()
    user = check_name_and_password(name, settings.DEMO_PASSWORD, address=address_of(request), now=now)
    device = check_code(user, fresh_code(user), now=now)
    enter_half(request, user)
    staff = cast(StaffRequest, request)
    staff.user = user
    enter_fully(staff, device)


def _begun() -> str:
    """A patient writes, through an operator that answers; the mark of the message, empty if it could not leave."""
    if not operator.answers():
        operator.set_down(False)
    try:
        return message_mark(operator.patient_writes())
    except operator.OperatorDown:
        return ""


def _wanted_step(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and FIRST <= int(text) <= LAST else 0
