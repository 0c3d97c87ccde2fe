"""The paths of the handover, below /equipe/releve/."""

from __future__ import annotations

from django.urls import path

from portal.web.handover import views

urlpatterns = [
    path("", views.handover, name="handover"),
    path("signer/", views.handover_sign, name="handover_sign"),
    path("<uuid:handover_id>/", views.handover_kept, name="handover_kept"),
    path("<uuid:handover_id>/contresigner/", views.handover_countersign, name="handover_countersign"),
]
