"""The demonstration touches nothing but this machine, or does not start."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from portal.mailboxes.actions import Server
from portal.web.checks import demo_mailboxes_are_the_sandbox, is_loopback, refuse_exposed_demo
from tenants.context import leave
from tests.base import PharmacyTestCase
from tests.mailboxes.boxes import open_box


class ExposedDemo(PharmacyTestCase):
    def test_it_is_refused_when_others_could_reach_it(self) -> None:
        for bind in ("0.0.0.0:8000", "[::]:8000", ":8000", "192.168.1.4:8000", "portail.exemple.fr:443"):
            with (
                self.subTest(bind),
                override_settings(DEMO=True, BIND=bind),
                self.assertRaisesMessage(ImproperlyConfigured, "DEMO is refused"),
            ):
                refuse_exposed_demo()

    def test_on_this_machine_it_starts_and_production_may_bind_anywhere(self) -> None:
        for demo, bind in (
            (True, "127.0.0.1:8000"),
            (True, "[::1]:8000"),
            (True, "localhost:80"),
            (False, "0.0.0.0:80"),
        ):
            with self.subTest(bind), override_settings(DEMO=demo, BIND=bind):
                refuse_exposed_demo()

    def test_a_mailbox_elsewhere_is_an_error_in_the_demo_alone(self) -> None:
        open_box()
        self.assertEqual(self.errors(), [])
        open_box("autre@officine-test.mssante.fr", imap=Server("imap.operateur.mssante.fr", 993))

        self.assertEqual(self.errors(), ["web.E001"])
        with override_settings(DEMO=False):
            self.assertEqual(demo_mailboxes_are_the_sandbox(None, databases=["default"]), [])

    def test_loopback_is_told_by_number_not_by_name(self) -> None:
        self.assertTrue(is_loopback("127.3.2.1"))
        for elsewhere in ("", "127.0.0.1.exemple.fr", "localhost.exemple.fr", "10.0.0.1"):
            self.assertFalse(is_loopback(elsewhere), elsewhere)

    @override_settings(DEMO=True)
    def errors(self) -> list[str]:
        leave()
        try:
            return [str(error.id) for error in demo_mailboxes_are_the_sandbox(None, databases=["default"])]
        finally:
            connection.set_tenant(self.soleil)
