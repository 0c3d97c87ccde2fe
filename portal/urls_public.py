"""Outside any pharmacy there is one page: whether this process is well."""

from __future__ import annotations

from django.urls import path

from portal.web.public.health import healthz

urlpatterns = [path("healthz", healthz, name="healthz")]
