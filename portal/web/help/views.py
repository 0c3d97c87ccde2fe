"""The help, for anybody: who cannot come in needs it most, and nothing of a patient stands there."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.web.access import public
from portal.web.help.pages import PAGES, HelpPage
from portal.web.requests import PharmacyRequest


@require_safe
@public
def help_home(request: PharmacyRequest) -> HttpResponseBase:
    return _page(request, "help/home.html", None)


@require_safe
@public
def help_page(request: PharmacyRequest, page: HelpPage) -> HttpResponseBase:
    return _page(request, page.template, page)


def _page(request: PharmacyRequest, template: str, page: HelpPage | None) -> HttpResponse:
    return render(request, template, {"pages": tuple(PAGES.values()), "page": page})
