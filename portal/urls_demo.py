"""The hosts of a pharmacy in the demonstration: as everywhere, and the door of its front page."""

from __future__ import annotations

from django.urls import include, path

from portal.web.demo import entering

urlpatterns = [
    path("equipe/demonstration/entrer", entering.enter, name="demo_enter"),
    path("equipe/demonstration/visite", entering.tour_state, name="demo_tour"),
    path("equipe/demonstration/quitter", entering.leave_tour, name="demo_leave"),
    path("", include("portal.urls")),
]

handler400 = "portal.web.errors.bad_request"
handler403 = "portal.web.errors.not_found"
handler404 = "portal.web.errors.not_found"
handler500 = "portal.web.errors.server_error"
