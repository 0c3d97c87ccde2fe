"""A pharmacy is suspended and resumed by the operator, and nothing of it is lost."""

from __future__ import annotations

from io import StringIO

from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.shifts import begin_shift, shifts_at
from portal.team.workstations import enrol
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Pharmacy, PharmacyState
from tests.base import CommittingPharmacyTestCase
from tests.browsing import Browser, signed_in


class Suspension(CommittingPharmacyTestCase):
    def tearDown(self) -> None:
        Pharmacy.objects.using(OWNER).update(state=PharmacyState.ACTIVE)
        super().tearDown()

    def run_command(self, name: str, schema: str = "") -> str:
        leave()
        said = StringIO()
        call_command(name, pharmacy=schema or self.soleil.schema_name, stdout=said)
        return said.getvalue()

    def test_a_suspended_pharmacy_answers_503_and_its_neighbour_goes_on(self) -> None:
        nadia = signed_in(self.nadia, self.soleil)
        self.assertIn("est suspendue", self.run_command("suspend_pharmacy"))

        for browser, path in ((nadia, "/equipe/"), (Browser(), "/"), (Browser(), "/equipe/connexion")):
            with self.subTest(path):
                self.assertContains(browser.get(path), "momentanément fermé", status_code=503)
        self.assertEqual(Browser("gare.localhost").get("/").status_code, 200)

    def test_resumed_it_is_as_it_was(self) -> None:
        nadia = signed_in(self.nadia, self.soleil)
        self.run_command("suspend_pharmacy")

        self.assertIn("est en service", self.run_command("resume_pharmacy"))

        self.assertEqual(nadia.get("/equipe/a-traiter/").status_code, 200)

    def test_resumed_it_asks_everybody_for_both_factors(self) -> None:
        workstation, _ = enrol(name="Comptoir 1", by=self.nadia, now=timezone.now())
        begin_shift(self.nadia, at=workstation, proof="-", now=timezone.now())
        self.run_command("suspend_pharmacy")
        self.run_command("resume_pharmacy")

        with inside(self.soleil):
            self.assertEqual(shifts_at(workstation, now=timezone.now()), [])

    def test_both_are_in_its_journal_under_the_operators_name(self) -> None:
        self.run_command("suspend_pharmacy")
        self.assertIn("déjà suspendue", self.run_command("suspend_pharmacy"))
        self.run_command("resume_pharmacy")

        with inside(self.soleil):
            entries = list(Entry.objects.order_by("n").values_list("actor_kind", "event"))
        self.assertEqual(entries, [("operator", "pharmacy:suspend"), ("operator", "pharmacy:resume")])

    def test_an_unknown_schema_is_said(self) -> None:
        with self.assertRaisesMessage(CommandError, "Aucune pharmacie"):
            self.run_command("suspend_pharmacy", "t_none")
