"""While a pharmacy is suspended no page of it is served, nothing is fetched and nothing leaves; then all of it is."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

from celery import Task
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.urls import URLPattern, reverse

from portal.celery import app
from portal.inbound.models import RawMessage
from portal.notices.actions import tell
from portal.notices.models import NoticeKind
from portal.outbound.models import Delivery, DeliveryState
from sandbox.people import DOCTOR, SOLEIL
from tenants.celery import HEADER
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Pharmacy, PharmacyState, Wakeup
from tenants.wakeups import claim_due
from tests.browsing import Browser, signed_in
from tests.inbound.letters import letter
from tests.notices.stage import sender
from tests.outbound.stage import OutboundTestCase
from tests.test_permissions import addresses

HOSTS = {"soleil.localhost": "portal.urls", "contenu.soleil.localhost": "portal.urls_content"}


class Suspended(OutboundTestCase):
    def tearDown(self) -> None:
        Pharmacy.objects.using(OWNER).update(state=PharmacyState.ACTIVE)
        super().tearDown()

    def run_command(self, name: str) -> None:
        leave()
        call_command(name, pharmacy=self.soleil.schema_name, stdout=StringIO())

    def work(self) -> None:
        """Every task that a wake-up of the pharmacy names."""
        leave()
        app.loader.import_default_modules()
        for name in settings.WAKEUPS.values():
            task: Task[..., None] = app.tasks[name]
            task.apply(headers={HEADER: str(self.soleil.pk)}, throw=True)

    def test_every_page_of_every_host_answers_503_to_everybody(self) -> None:
        nadia = signed_in(self.nadia, self.soleil)
        self.run_command("suspend_pharmacy")

        for host, urlconf in HOSTS.items():
            nadia.defaults["SERVER_NAME"] = host
            for pattern in addresses(urlconf):
                path = path_to(pattern, urlconf)
                for browser in (nadia, Browser(host)):
                    for method in ("get", "post"):
                        with self.subTest(host=host, path=path, method=method):
                            answer = getattr(browser, method)(path)
                            self.assertContains(answer, "momentanément fermé", status_code=503)

    def test_what_nobody_knows_is_not_said_to_be_closed(self) -> None:
        self.run_command("suspend_pharmacy")

        self.assertEqual(Browser("personne.localhost").get("/").status_code, 404)
        self.assertEqual(Browser().get("/healthz").status_code, 200)

    def test_nothing_comes_in_or_goes_out_until_it_is_resumed_and_nothing_is_lost(self) -> None:
        self.enterContext(sender(self.operator))
        told = len(self.operator.notices)
        self.send(self.letter())
        self.wait(seconds=10)
        tell("karim@exemple.fr", NoticeKind.LEAVING, about=self.karim.pk)
        self.operator.deliver(SOLEIL, letter(f"Dr Petit <{DOCTOR}>", "Pendant la fermeture"))
        self.run_command("suspend_pharmacy")

        self.work()

        with inside(self.soleil):
            self.assertFalse(RawMessage.objects.exists())
            self.assertEqual(Delivery.objects.get().state, DeliveryState.QUEUED)
        self.assertEqual((self.arrived(), len(self.operator.notices)), ([], told))

        self.run_command("resume_pharmacy")
        self.work()

        with inside(self.soleil):
            self.assertEqual(RawMessage.objects.count(), 1)
        self.assertEqual((self.arrived(), len(self.operator.notices)), ([DOCTOR], told + 1))
        connection.set_tenant(self.soleil)

    def test_the_clock_passes_it_by_and_finds_what_was_due_afterwards(self) -> None:
        self.send(self.letter())
        Wakeup.objects.using(OWNER).filter(what="deliver").update(due_at="2026-01-01T00:00:00Z")
        self.run_command("suspend_pharmacy")
        self.assertEqual(claim_due(), [])

        self.run_command("resume_pharmacy")

        self.assertIn("deliver", {due.what for due in claim_due()})


def path_to(pattern: URLPattern, urlconf: str) -> str:
    """The address of a page, with something in each of its places."""
    values: dict[str, object] = {}
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__
        known: dict[str, object] = {"UUIDConverter": uuid4(), "IntConverter": 1, "PageConverter": "boite"}
        values[name] = known.get(kind, "a-traiter")
    return reverse(str(pattern.name), kwargs=values, urlconf=urlconf)
