"""The pages; refuses to start as a demonstration that others could reach."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "portal.web"

    def ready(self) -> None:
        from portal.web.checks import refuse_exposed_demo

        refuse_exposed_demo()
