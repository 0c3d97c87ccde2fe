"""A patient fills in the form, with JavaScript and without it."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.conversations.models import Conversation
from portal.documents import rendering
from portal.intake import throttle
from portal.intake.actions import close_form, write_notice
from portal.intake.models import Request, RequestState, Upload
from portal.lib.confined import close_all
from portal.team.throttle import Limit
from portal.web.intake import tokens, views
from tests.base import PharmacyTestCase
from tests.browsing import Browser
from tests.documents import files
from tests.intake.stage import notice_id, open_the_form

FORM, PAGES, RECEIVED, TRACK = (
    "/ordonnance/",
    "/ordonnance/pages/",
    "/ordonnance/recue/",
    "/ordonnance/suivi/",
)
CAMILLE = {
    "birth_name": "Moreau",
    "first_name": "Camille",
    "birth_date": "14/03/1962",
    "phone": "0612345678",
    "email": "",
    "remark": "Sans lactose",
    "when": "asap",
    "consent": "on",
}


def tearDownModule() -> None:
    close_all()


def photo(data: bytes = b"", name: str = "ordo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or files.jpeg(), "image/jpeg")


class FormCase(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        open_the_form(self.nadia)
        self.patient = Browser()
        self.enterContext(mock.patch.object(tokens, "LEAST_SECONDS", timedelta()))

    def hidden(self, page: Any = None) -> dict[str, str]:
        """What the form itself posts, of the page on screen."""
        text = (page or self.patient.get(FORM)).content.decode()
        found = re.search(r'name="form" value="([^"]+)"', text)
        assert found
        had = re.search(r'name="had" value="(\d+)"', text)
        return {"form": found[1], "notice": str(notice_id()), "had": had[1] if had else ""}

    def send(self, *pages: SimpleUploadedFile, page: Any = None, **changes: Any) -> Any:
        data = {**CAMILLE, **self.hidden(page), **changes}
        return self.patient.post(FORM, {**data, "pages": list(pages)} if pages else data)


class WithoutJavaScript(FormCase):
    def test_one_form_with_its_photos_is_enough(self) -> None:
        answer = self.send(photo(), photo(files.pdf(), "suite.pdf"))

        self.assertRedirects(answer, RECEIVED)
        request = Request.objects.get()
        self.assertEqual(request.state, RequestState.SUBMITTED)
        page = self.patient.get(RECEIVED)
        spaced = " ".join(re.findall("....", request.reference or ""))
        self.assertContains(page, spaced)
        self.assertEqual(Conversation.objects.get().attachment_count, 2)
        self.assertNotContains(self.patient.get(FORM), "Page 1")

    def test_a_wrong_date_is_said_beside_the_field_and_nothing_is_lost(self) -> None:
        answer = self.send(photo(), birth_date="14/13/1962", remark="Merci à vous")

        self.assertContains(answer, "le mois va de 1 à 12", status_code=422)
        for kept in ('value="Moreau"', 'value="Camille"', 'value="14/13/1962"', "Merci à vous", "Page 1"):
            self.assertContains(answer, kept, status_code=422)
        self.assertContains(answer, "reçue à", status_code=422)

        answer = self.send(page=answer)
        self.assertRedirects(answer, RECEIVED)
        self.assertEqual(Conversation.objects.get().attachment_count, 1)

    def test_a_file_that_costs_too_much_counts_for_ten(self) -> None:
        limits = throttle.Limits(
            Limit("test-address", 10, throttle.HOUR), Limit("test", 100, throttle.HOUR), 1000
        )
        door = replace(rendering.AT_THE_DOOR, cpu=1)
        with mock.patch.object(throttle, "FILES", limits), mock.patch.object(rendering, "AT_THE_DOOR", door):
            answer = self.send(photo(files.slow_pdf(times=900_000), "plan.pdf"))
            self.assertContains(answer, "trop complexe", status_code=422)
            self.assertContains(self.send(photo()), "trop d’envois", status_code=422)

    def test_every_field_says_what_it_misses(self) -> None:
        empty = dict.fromkeys(CAMILLE, "")
        answer = self.send(photo(), **empty)
        for words in (
            "nom de naissance",
            "Écrivez votre prénom",
            "date de naissance, par",
            "numéro où",
            "Cochez",
        ):
            self.assertContains(answer, words, status_code=422)
        self.assertFalse(Conversation.objects.exists())

    def test_bad_words_are_refused_one_by_one(self) -> None:
        page = self.send(photo(), then="add")
        for field, value, words in (
            ("birth_name", "   ", "nom de naissance"),
            ("birth_name", "12", "nom de naissance"),
            ("birth_date", "31/02/1962", "vérifiez le jour"),
            ("birth_date", "14/03/2162", "pas encore arrivée"),
            ("birth_date", "14/03/62", "Écrivez la date ainsi"),
            ("birth_date", "01/01/1492", "quatre chiffres"),
            ("phone", "06 12", "dix chiffres"),
            ("email", "camille@", "pas complète"),
            ("email", "zoe@crémerie.fr", "accent"),
            ("remark", "a" * 1001, "mille caractères"),
        ):
            with self.subTest(field=field, value=value[:20]):
                answer = self.send(page=page, **{field: value})
                self.assertContains(answer, words, status_code=422)
                self.assertContains(answer, f'id="error-{field}"', status_code=422)
                self.assertContains(answer, f"error-{field}", count=2, status_code=422)
        answer = self.send(page=page, when="day", day="")
        self.assertContains(answer, "Choisissez le jour", status_code=422)
        answer = self.send(page=page, when="day", day="2020-01-01")
        self.assertContains(answer, "entre aujourd’hui", status_code=422)

    def test_dates_and_numbers_are_read_as_people_write_them(self) -> None:
        for born, phone in (
            ("14 03 1962", "+33 6 12 34 56 78"),
            ("14031962", "06.12.34.56.78"),
            ("1962-03-14", "0033612345678"),
        ):
            self.assertRedirects(self.send(photo(), birth_date=born, phone=phone), RECEIVED)
        for request in Request.objects.all():
            self.assertEqual(request.identity["birth_date"], "1962-03-14")
            self.assertEqual(request.contact["phone"], "06 12 34 56 78")

    def test_a_bad_file_is_named_with_its_reason_and_the_good_ones_stay(self) -> None:
        answer = self.send(
            photo(),
            SimpleUploadedFile("vide.jpg", b""),
            photo(files.encrypted_pdf(), "secret.pdf"),
            photo(files.png_head(10_000, 10_000), "enorme.png"),
            photo(files.zip_bomb(), "bombe.pdf"),
            photo(files.pdf() + files.zipped({"a": b"b"}), "double.pdf"),
        )
        for words in (
            "vide.jpg",
            "fichier est vide",
            "mot de passe",
            "trop grande",
            "ni une photo",
            "double.pdf",
        ):
            self.assertContains(answer, words, status_code=422)
        self.assertContains(answer, "Page 1", status_code=422)
        self.assertNotContains(answer, "Page 2", status_code=422)
        self.assertFalse(Conversation.objects.exists())

        self.assertRedirects(self.send(page=answer), RECEIVED)

    def test_pages_are_added_and_removed_before_anything_is_judged(self) -> None:
        answer = self.send(photo(), photo(files.png(), "b.png"), then="add", phone="", birth_date="")
        self.assertContains(answer, "Page 2")
        self.assertContains(answer, 'value="Moreau"')
        self.assertNotContains(answer, "error-phone")

        first = Upload.objects.order_by("id").first()
        assert first
        answer = self.send(page=answer, remove=str(first.pk))
        self.assertContains(answer, "Page 1")
        self.assertNotContains(answer, "Page 2")
        self.assertContains(self.patient.get(FORM), "Page 1")

    def test_without_a_page_it_is_not_sent(self) -> None:
        self.assertContains(self.send(), "au moins une page", status_code=422)

    def test_a_double_click_is_one_request(self) -> None:
        page = self.patient.get(FORM)
        for _ in range(2):
            self.assertRedirects(self.send(photo(), page=page), RECEIVED)
        self.assertEqual(Conversation.objects.count(), 1)

    def test_two_clicks_at_once_are_one_request(self) -> None:
        page = self.patient.get(FORM)
        self.assertRedirects(self.send(photo(), page=page), RECEIVED)
        # The second click asked before the first one was done.
        with mock.patch.object(views, "_is_sent", side_effect=[False, True]):
            self.assertRedirects(self.send(photo(files.png()), page=page), RECEIVED)
        self.assertEqual(Conversation.objects.get().attachment_count, 1)

    def test_pages_that_were_erased_are_said_to_be_and_not_left_out(self) -> None:
        answer = self.send(photo(), photo(files.png(), "b.png"), then="add")
        Request.objects.all().delete()
        for pages in ((photo(files.heic(), "c.heic"),), ()):
            again = self.send(*pages, page=answer)
            self.assertContains(again, "effacées", status_code=422)
            self.assertContains(again, 'value="Moreau"', status_code=422)
        self.assertFalse(Request.objects.exists())

        self.assertRedirects(self.send(photo(), page=again), RECEIVED)

    def test_a_program_is_held_up_and_a_person_told_what_to_do(self) -> None:
        answer = self.send(photo(), site="http://spam.example")
        self.assertContains(answer, "doit rester vide", status_code=422)
        with mock.patch.object(tokens, "LEAST_SECONDS", timedelta(seconds=3)):
            answer = self.send(page=answer)
        self.assertContains(answer, "Prenez le temps", status_code=422)
        self.assertFalse(Conversation.objects.exists())
        answer = self.patient.post(FORM, {**CAMILLE, "form": "forged", "notice": "1", "pages": [photo()]})
        self.assertContains(answer, "trop longtemps", status_code=422)
        self.assertContains(answer, 'value="Moreau"', status_code=422)

    def test_another_notice_is_read_before_it_is_accepted(self) -> None:
        page = self.patient.get(FORM)
        fields = self.hidden(page)
        write_notice("Une autre notice.", by=self.nadia)
        answer = self.patient.post(FORM, {**CAMILLE, **fields, "pages": [photo()]})
        self.assertContains(answer, "vient de changer", status_code=422)
        self.assertContains(answer, "Une autre notice.", status_code=422)

    def test_a_closed_form_says_so_and_takes_nothing(self) -> None:
        fields = self.hidden()
        close_form(by=self.nadia)
        self.assertContains(self.patient.get(FORM), "fermé pour le moment")
        answer = self.patient.post(FORM, {**CAMILLE, **fields, "pages": [photo()]})
        self.assertContains(answer, "fermé pour le moment", status_code=409)
        self.assertEqual(self.patient.post(PAGES, {**fields, "pages": photo()}).status_code, 409)
        self.assertFalse(Request.objects.exists())
        self.assertNotContains(self.patient.get("/"), "Envoyer une ordonnance")

    def test_the_front_page_names_mon_espace_sante_first(self) -> None:
        text = self.patient.get("/").content.decode()
        self.assertLess(text.index("monespacesante.fr"), text.index("Envoyer une ordonnance"))
        self.assertIn("dans l’année", text)

    def test_who_reads_english_first_reads_english_and_the_team_stays_french(self) -> None:
        english = {"Accept-Language": "en-GB,en;q=0.9,fr;q=0.8"}
        page = self.patient.get(FORM, headers=english)
        self.assertContains(page, '<html lang="en">')
        self.assertContains(page, "Send to the pharmacy")
        self.assertContains(self.patient.get("/", headers=english), "Send a prescription")
        self.assertContains(
            self.patient.get(FORM, headers={"Accept-Language": "de,fr"}), "Envoyer à la pharmacie"
        )
        self.assertContains(self.patient.get("/equipe/connexion", headers=english), '<html lang="fr">')

    def test_too_many_are_told_when_to_come_back(self) -> None:
        few = throttle.Limits(Limit("t-address", 1, throttle.HOUR), Limit("t", 100, throttle.HOUR), 1000)
        with mock.patch.object(throttle, "REQUESTS", few):
            self.assertRedirects(self.send(photo()), RECEIVED)
            answer = self.send(photo())
        self.assertContains(answer, "dans une heure", status_code=429)
        self.assertContains(answer, 'value="Moreau"', status_code=429)
        with mock.patch.object(throttle, "FILES", few):
            answer = self.send(photo(files.png()), photo(files.heic(), "c.heic"))
            begun = Request.objects.count()
            self.patient = Browser()
            self.send(photo(files.png()))
        self.assertContains(answer, "trop d’envois", status_code=422)
        self.assertEqual(Request.objects.count(), begun)

    def test_the_address_behind_a_proxy_is_believed_only_there(self) -> None:
        few = throttle.Limits(Limit("t-address", 1, throttle.HOUR), Limit("t", 100, throttle.HOUR), 1000)
        with mock.patch.object(throttle, "REQUESTS", few):
            self.assertRedirects(self.send(photo()), RECEIVED)
            self.patient = Browser(HTTP_X_FORWARDED_FOR="198.51.100.1")
            self.assertEqual(self.send(photo()).status_code, 429)
            with self.settings(BEHIND_PROXY=True):
                self.assertRedirects(self.send(photo()), RECEIVED)

    def test_nothing_that_a_patient_sends_is_in_the_logs(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logged:
            logging.getLogger("test").info("something")
            self.send(photo(files.encrypted_pdf(), "canari-nom.pdf"))
            self.assertRedirects(self.send(photo(), birth_name="Canaricanard"), RECEIVED)
        said = "\n".join(logged.output).lower()
        for word in ("canari", "camille", "lactose", "1962", "0612345678", "06 12"):
            self.assertNotIn(word, said)


class WithJavaScript(FormCase):
    def one(self, file: SimpleUploadedFile, fields: dict[str, str]) -> Any:
        return self.patient.post(PAGES, {**fields, "pages": file})

    def test_each_page_leaves_as_it_is_chosen(self) -> None:
        page = self.patient.get(FORM)
        fields = self.hidden(page)
        self.assertContains(self.one(photo(), fields), "Page 1")
        answer = self.one(photo(files.heic(), "img.heic"), fields)
        self.assertContains(answer, "Page 2")
        self.assertNotContains(answer, "<html")
        answer = self.one(photo(b"GIF89a", "a.gif"), fields)
        self.assertContains(answer, "ni une photo", status_code=422)
        self.assertContains(answer, "Page 2", status_code=422)
        second = Upload.objects.latest("id")
        self.assertNotContains(self.patient.post(PAGES, {**fields, "remove": str(second.pk)}), "Page 2")

        self.assertRedirects(self.send(page=page), RECEIVED)
        self.assertEqual(Conversation.objects.get().attachment_count, 1)

    def test_coming_back_shows_that_pages_are_there_and_never_what_is_on_them(self) -> None:
        self.one(photo(), self.hidden())
        page = self.patient.get(FORM)
        self.assertContains(page, "Page 1")
        self.assertNotContains(page, "<img")
        self.assertNotContains(Browser().get(FORM), "Page 1")

    def test_what_waited_two_hours_is_gone_and_said_to_be(self) -> None:
        fields = self.hidden()
        self.one(photo(), fields)
        Request.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        answer = self.one(photo(files.png()), fields)
        self.assertContains(answer, "effacées", status_code=422)
        self.assertNotContains(self.patient.get(FORM), "Page 1")

    def test_after_they_were_erased_a_page_more_is_not_taken_for_all(self) -> None:
        fields = self.hidden()
        answer = self.one(photo(), fields)
        Request.objects.all().delete()
        had = re.search(r'name="had" value="(\d+)"', answer.content.decode())
        answer = self.one(photo(files.png()), {**fields, "had": had[1] if had else ""})
        self.assertContains(answer, "effacées", status_code=422)
        self.assertFalse(Request.objects.exists())

        self.assertContains(answer, 'name="had" value="0"', status_code=422)
        self.assertContains(self.one(photo(), {**fields, "had": "0"}), "Page 1")

    def test_a_form_of_soleil_is_no_form_at_gare(self) -> None:
        fields = self.hidden()
        self.one(photo(), fields)
        gare = Browser("gare.localhost")
        gare.cookies = self.patient.cookies
        self.assertEqual(gare.post(PAGES, {**fields, "pages": photo()}).status_code, 409)
        self.assertNotContains(gare.get(FORM), "Page 1")
