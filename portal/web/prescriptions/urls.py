"""The paths of prescriptions, below /equipe/."""

from __future__ import annotations

from django.urls import path

from portal.web.prescriptions import views

urlpatterns = [
    path("echange/<uuid:conversation_id>/ordonnance/", views.open_one, name="prescription_open"),
    path("ordonnance/<uuid:prescription_id>/", views.step, name="prescription_step"),
]
