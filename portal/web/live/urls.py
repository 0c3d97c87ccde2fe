"""Below /equipe/: the first address the proxy gives to the process of events, which asks here who knocks."""

from __future__ import annotations

from django.urls import path

from portal.web.live import views

urlpatterns = [
    path("evenements/", views.events, name="events"),
    path("evenements/ici/", views.here, name="here"),
]
