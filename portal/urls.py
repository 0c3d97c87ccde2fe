"""The hosts of a pharmacy: patients at /, the team at /equipe/, the responsible person at /console/."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("portal.web.public.urls")),
    path("ordonnance/", include("portal.web.intake.urls")),
    path("equipe/", include("portal.web.account.urls")),
    path("equipe/", include("portal.web.live.urls")),
    path("equipe/", include("portal.web.inbox.urls")),
    path("equipe/", include("portal.web.prescriptions.urls")),
    path("equipe/releve/", include("portal.web.handover.urls")),
    path("console/", include("portal.web.console.urls")),
]

handler400 = "portal.web.errors.bad_request"
handler403 = "portal.web.errors.not_found"
handler404 = "portal.web.errors.not_found"
handler500 = "portal.web.errors.server_error"
