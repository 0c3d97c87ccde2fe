"""The paths of the help, below /aide/."""

from __future__ import annotations

from django.urls import path, register_converter

from portal.web.help import views
from portal.web.help.pages import PageConverter

register_converter(PageConverter, "help_page")

urlpatterns = [
    path("", views.help_home, name="help_home"),
    path("<help_page:page>/", views.help_page, name="help_page"),
]
