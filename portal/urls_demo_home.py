"""`localhost` in the demonstration: its front page, and the buttons there."""

from __future__ import annotations

from django.urls import path

from portal.web.demo import home
from portal.web.public.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", home.home, name="demo_home"),
    path("gestes/<slug:name>", home.act, name="demo_act"),
]

handler404 = "portal.web.errors.bare_not_found"
handler500 = "portal.web.errors.server_error"
