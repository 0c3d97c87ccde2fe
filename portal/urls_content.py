"""The content host of a pharmacy: what senders sent, without session or cookie."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("portal.web.content.urls"))]

handler404 = "portal.web.errors.bare_not_found"
handler500 = "portal.web.errors.bare_server_error"
