"""Tests that the demonstration, with its known passwords, is reached from this machine alone."""

from __future__ import annotations

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings

from portal.web.demo_guard import DemoGuardMiddleware


class DemoGuard(SimpleTestCase):
    def ask(self, **meta: str) -> int:
        with override_settings(DEMO=True):
            guard = DemoGuardMiddleware(lambda request: HttpResponse("bienvenue"))
        return guard(RequestFactory().get("/", **meta)).status_code

    def test_this_machine_is_answered(self) -> None:
        self.assertEqual(self.ask(REMOTE_ADDR="127.0.0.1"), 200)
        self.assertEqual(self.ask(REMOTE_ADDR="::1"), 200)

    def test_another_machine_is_refused(self) -> None:
        self.assertEqual(self.ask(REMOTE_ADDR="192.0.2.7"), 403)

    def test_somebody_behind_a_proxy_on_this_machine_is_refused(self) -> None:
        self.assertEqual(self.ask(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.7"), 403)

    def test_real_portals_do_without(self) -> None:
        with override_settings(DEMO=False), self.assertRaises(MiddlewareNotUsed):
            DemoGuardMiddleware(lambda request: HttpResponse())
