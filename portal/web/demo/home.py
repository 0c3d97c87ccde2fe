"""The front page of the demonstration: every person one click away, and buttons that make things happen."""

from __future__ import annotations

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.web.access import public
from portal.web.demo import operator
from portal.web.demo.acts import ACTS, FAILED, TOLD, Report
from portal.web.demo.cards import ActCard, StepCard, Told
from portal.web.demo.houses import house_card, open_houses
from portal.web.demo.steps import FIRST, STEPS
from portal.web.demo.tickets import origin_of, way_in
from portal.web.requests import PharmacyRequest
from portal.web.seeding import SOLEIL
from tenants.models import Pharmacy


@require_safe
@public
def home(request: PharmacyRequest) -> HttpResponseBase:
    """Its forms post to the pharmacies' hosts, which the policy of this page must name."""
    if not settings.DEMO:
        raise Http404
    origins = [origin_of(request, wanted.host) for wanted, _ in open_houses()]
    answered: HttpResponseBase = csp_update({"form-action": origins})(_home)(request)
    return answered


@require_POST
@public
def act(request: PharmacyRequest, name: str) -> HttpResponseBase:
    """Do it, and come back to what it did."""
    if not settings.DEMO or name not in ACTS:
        raise Http404
    try:
        ACTS[name].do()
    except operator.OperatorDown:
        name = FAILED
    return HttpResponseRedirect(f"{reverse('demo_home')}?fait={name}#gestes")


def _home(request: HttpRequest) -> HttpResponse:
    houses = open_houses()
    soleil = next(pharmacy for wanted, pharmacy in houses if wanted is SOLEIL)
    up = operator.answers()
    context = {
        "houses": [house_card(request, wanted, pharmacy) for wanted, pharmacy in houses],
        "steps": [StepCard(step.title, step.name) for step in STEPS],
        "start": way_in(origin_of(request, SOLEIL.host), soleil.id, STEPS[0].who, tour=FIRST),
        "acts": [
            ActCard(reverse("demo_act", args=[name]), each.label, each.icon, each.text)
            for name, each in ACTS.items()
            if each.when_up is None or each.when_up is up
        ],
        "told": _told(request, soleil, TOLD.get(request.GET.get("fait", ""))),
        "password": settings.DEMO_PASSWORD,
    }
    return render(request, "demo/home.html", context)


def _told(request: HttpRequest, soleil: Pharmacy, report: Report | None) -> Told | None:
    if report is None:
        return None
    origin = origin_of(request, SOLEIL.host)
    look = way_in(origin, soleil.id, report.who, next_url=report.next_url) if report.who else None
    return Told(report.good, report.title, report.text, report.name, look)
