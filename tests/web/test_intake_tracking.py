"""A patient follows a request on the tracking page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.intake.models import Request
from portal.lib.confined import close_all
from portal.prescriptions.actions import act_on
from portal.prescriptions.models import Act, Prescription
from portal.web.intake import tokens
from tests.base import PharmacyTestCase
from tests.browsing import Browser
from tests.documents import files
from tests.intake.stage import open_the_form, send

TRACK, PAGE = "/ordonnance/suivi/", "/ordonnance/suivi/page/"
CANCEL, LEAVE = "/ordonnance/suivi/annuler/", "/ordonnance/suivi/quitter/"


def tearDownModule() -> None:
    close_all()


class Tracking(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        open_the_form(self.nadia)
        self.request = send()
        self.patient = Browser()

    def ask(self, patient: Browser | None = None, **changes: str) -> Any:
        data = {"reference": self.request.reference or "", "birth_date": "14/03/1962", **changes}
        return (patient or self.patient).post(TRACK, data)

    def test_reference_and_birth_date_open_it_and_the_address_says_nothing(self) -> None:
        self.assertContains(self.patient.get(TRACK), "Douze chiffres")

        self.assertRedirects(self.ask(), TRACK)

        page = self.patient.get(TRACK)
        for words in ("Demande reçue", "Camille MOREAU", "Sans lactose"):
            self.assertContains(page, words)
        self.assertNotContains(page, "06 12")
        self.assertNotContains(Browser().get(TRACK), "Camille")

    def test_wrong_and_unknown_look_the_same(self) -> None:
        wrong = self.ask(birth_date="15/03/1962")
        unknown = self.ask(reference="0000 0000 0000")
        for answer in (wrong, unknown):
            self.assertContains(answer, "Nous ne trouvons pas", status_code=422)
        self.assertContains(self.ask(reference="12"), "douze chiffres", status_code=422)

    def test_after_five_tries_it_is_locked_for_a_while_even_elsewhere(self) -> None:
        for day in range(10, 15):
            self.ask(birth_date=f"{day}/04/1970")
        self.assertContains(self.ask(), "Trop d’essais", status_code=429)
        self.assertContains(self.ask(Browser(REMOTE_ADDR="198.51.100.1")), "Trop d’essais", status_code=429)

    def test_it_says_when_it_is_ready(self) -> None:
        self.ask()
        for act, by in (
            (Act.START, self.karim),
            (Act.PREPARED, self.karim),
            (Act.CONTROL, self.claire),
        ):
            prescription = Prescription.objects.get()
            act_on(prescription, act, by=by, version=prescription.version)
            self.assertContains(self.patient.get(TRACK), "En préparation")
        prescription = Prescription.objects.get()
        act_on(prescription, Act.READY, by=self.karim, version=prescription.version)
        page = self.patient.get(TRACK)
        self.assertContains(page, "C’est prêt")
        self.assertNotContains(page, "Karim")

    def test_a_page_is_added_and_a_bad_one_refused(self) -> None:
        self.ask()
        self.assertRedirects(
            self.patient.post(PAGE, {"pages": SimpleUploadedFile("b.png", files.png())}), TRACK
        )
        self.assertEqual(self.request.uploads.count(), 2)
        answer = self.patient.post(PAGE, {"pages": SimpleUploadedFile("c.gif", b"GIF89a")})
        self.assertContains(answer, "c.gif", status_code=422)
        self.assertContains(answer, "ni une photo", status_code=422)

    def test_it_is_cancelled_and_then_changed_no_more(self) -> None:
        self.ask()
        self.assertRedirects(self.patient.post(CANCEL), TRACK)
        page = self.patient.get(TRACK)
        self.assertContains(page, "Vous avez annulé")
        self.assertNotContains(page, "Ajouter une page")
        answer = self.patient.post(PAGE, {"pages": SimpleUploadedFile("b.png", files.png())})
        self.assertContains(answer, "terminée", status_code=409)

    def test_nothing_stays_on_somebody_elses_telephone(self) -> None:
        self.ask()
        self.patient.post(LEAVE)
        self.assertContains(self.patient.get(TRACK), "Douze chiffres")

    def test_after_half_an_hour_it_says_that_nothing_was_changed(self) -> None:
        self.ask()
        with mock.patch.dict(tokens.LIVES, {tokens.FOLLOWING: timedelta(0)}):
            for path in (PAGE, CANCEL):
                self.assertContains(self.patient.post(path), "rien n’a été changé", status_code=409)
        self.assertEqual(self.request.uploads.count(), 1)
        self.assertContains(self.patient.get(TRACK), "Demande reçue")

    def test_nobody_gets_in_by_another_way(self) -> None:
        for path in (PAGE, CANCEL):
            self.assertContains(Browser().post(path), "Douze chiffres", status_code=409)
        self.ask()
        gare = Browser("gare.localhost")
        gare.cookies = self.patient.cookies
        self.assertContains(gare.get(TRACK), "Douze chiffres")
        Request.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.assertContains(self.patient.get(TRACK), "Douze chiffres")
