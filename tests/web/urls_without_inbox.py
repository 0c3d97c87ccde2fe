"""The account's pages beside a stand-in for the messages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from portal.team.policy import Permission
from portal.web.access import requires

handler400 = "portal.web.errors.bad_request"
handler403 = handler404 = "portal.web.errors.not_found"
handler500 = "portal.web.errors.server_error"


@requires(Permission.READ)
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Messages")


urlpatterns = [
    path("", include("portal.web.public.urls")),
    path("equipe/", include("portal.web.account.urls")),
    path("equipe/", home, name="inbox_home"),
]
