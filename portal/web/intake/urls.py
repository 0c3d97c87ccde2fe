"""The paths of the form, below /ordonnance/: no reference, no name, no id of anybody ever stands in them."""

from __future__ import annotations

from django.urls import path

from portal.web.intake import tracking, views

urlpatterns = [
    path("", views.request_form, name="request_form"),
    path("pages/", views.request_pages, name="request_pages"),
    path("recue/", tracking.request_received, name="request_received"),
    path("suivi/", tracking.request_track, name="request_track"),
    path("suivi/page/", tracking.request_track_page, name="request_track_page"),
    path("suivi/annuler/", tracking.request_cancel, name="request_cancel"),
    path("suivi/quitter/", tracking.request_leave, name="request_leave"),
]
