"""What anybody may ask of a pharmacy's host."""

from __future__ import annotations

from django.urls import include, path

from portal.web.public import display, views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("accent.css", views.accent_css, name="accent_css"),
    path("ecran/<str:token>/", display.display, name="display"),
    path("aide/", include("portal.web.help.urls")),
]
