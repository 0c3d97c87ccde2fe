"""Gardes, closures, automatic answers and absences, as people write them and as others then see them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.house.calendar import calendar
from portal.house.models import HolidayRule, Period
from portal.inbound.models import AnsweringRule
from portal.team.models import Absence
from tests.browsing import Browser, signed_in
from tests.web.console_case import ConsoleTestCase, console


def on(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


class Calendar(ConsoleTestCase):
    def test_a_garde_is_on_the_public_page_until_it_is_taken_back(self) -> None:
        garde = {"kind": "garde", "first_day": on(-1), "last_day": on(1), "last_hour": "20:00"}
        page = self.as_nadia.post(console("calendar"), garde, follow=True)

        self.assertContains(page, "Garde, en ce moment")
        self.assertContains(Browser().get("/"), "De garde en ce moment")
        self.assertContains(Browser().get("/"), ", 20\N{NO-BREAK SPACE}h<")
        self.assertContains(Browser().get("/", headers={"accept-language": "en"}), "On call now")
        self.assertTrue(calendar().is_open(timezone.now()))
        self.assertNotContains(Browser("gare.localhost").get("/"), "garde en ce moment")

        period = Period.objects.get()
        self.as_nadia.post(console("period_remove", period.pk))
        self.assertNotContains(Browser().get("/"), "De garde")
        self.assertEqual(self.as_nadia.post(console("period_remove", period.pk)).status_code, 404)

    def test_a_closure_without_hours_is_of_whole_days(self) -> None:
        self.as_nadia.post(console("calendar"), {"kind": "closed", "first_day": on(2), "last_day": on(4)})
        period = Period.objects.get()
        self.assertEqual(
            (timezone.localtime(period.ends).hour, period.ends - period.begins), (0, timedelta(3))
        )
        self.assertContains(Browser().get("/"), "Fermeture")

    def test_what_is_wrong_is_said_and_stays_in_its_boxes(self) -> None:
        for typed, words in (
            ({"first_day": on(3), "last_day": on(1)}, "La fin vient avant le début"),
            ({"first_day": on(-3)}, "déjà passée"),
            ({"first_day": "bientôt"}, "Écrivez le jour"),
            ({"first_day": ""}, "Choisissez le premier jour"),
            ({"first_day": on(1), "first_hour": "tôt"}, "Écrivez l’heure"),
        ):
            with self.subTest(words):
                answer = self.as_nadia.post(console("calendar"), {"kind": "closed", **typed})
                self.assertContains(answer, words, status_code=422)
                self.assertContains(answer, f'value="{typed["first_day"]}"', status_code=422)
                self.assertContains(answer, '<option value="closed" selected>', status_code=422)
        self.assertFalse(Period.objects.exists())

    def test_public_holidays_are_a_choice_and_alsace_another(self) -> None:
        page = self.as_nadia.post(console("holidays"), {"alsace_moselle": "1"}, follow=True)
        self.assertContains(page, "jours fériés sont enregistrés")
        rule = HolidayRule.objects.get()
        self.assertEqual((rule.closed, rule.alsace_moselle), (False, True))

    def test_claire_changes_none_of_it(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        for page in ("calendar", "holidays", "answers"):
            self.assertEqual(claire.post(console(page), {"first_day": on(1)}).status_code, 404, page)


class AutomaticAnswers(ConsoleTestCase):
    def test_off_at_first_with_words_to_start_from_and_as_written_once_they_are_on(self) -> None:
        page = self.as_nadia.get(console("answers"))
        self.assertContains(page, "Bien reçu. Nous préparons seulement")
        self.assertNotContains(page, " checked")
        self.assertContains(page, "aucune réponse d’absence ne part")

        words = "Fermé jusqu’à {ouverture}.\r\n{pharmacie}"
        typed = {"closed_on": "1", "closed_text": words, "receipt_text": ""}
        page = self.as_nadia.post(console("answers"), typed, follow=True)

        self.assertContains(page, "Les réponses automatiques sont enregistrées")
        self.assertContains(page, "Fermé jusqu’à prochainement.")
        rule = AnsweringRule.objects.get()
        self.assertEqual((rule.closed_on, rule.receipt_on), (True, False))
        self.assertEqual(rule.closed_text, "Fermé jusqu’à {ouverture}.\n{pharmacie}")

    def test_an_unknown_blank_and_an_answer_without_words_are_refused(self) -> None:
        typed = {"closed_on": "1", "closed_text": "Retour {demain}", "receipt_on": "1", "receipt_text": " "}
        answer = self.as_nadia.post(console("answers"), typed)
        self.assertContains(answer, "Ce champ n’existe pas : {demain}", status_code=422)
        self.assertContains(answer, "Écrivez ce que la réponse dit", status_code=422)
        self.assertFalse(AnsweringRule.objects.exists())


class Absences(ConsoleTestCase):
    def test_karim_announces_his_own_and_calls_it_off(self) -> None:
        karim = signed_in(self.karim, self.soleil)
        page = karim.post("/equipe/mon-acces/absences/", {"first_day": on(1), "last_day": on(7)}, follow=True)
        self.assertContains(page, "Retirer l’absence du ")
        absence = Absence.objects.get()
        self.assertEqual(absence.user_id, self.karim.pk)
        wrong = karim.post("/equipe/mon-acces/absences/", {"first_day": on(-9)})
        self.assertContains(wrong, "déjà passée", status_code=422)

        path = f"/equipe/mon-acces/absences/{absence.pk}/retirer/"
        self.assertEqual(signed_in(self.claire, self.soleil).post(path).status_code, 404)
        karim.post(path)
        self.assertFalse(Absence.objects.exists())

    def test_nadia_announces_a_colleagues(self) -> None:
        page = self.as_nadia.post(console("absence", self.karim.pk), {"first_day": on(0)}, follow=True)
        self.assertContains(page, "en ce moment")
        refused = self.as_nadia.post(console("absence", self.karim.pk), {"first_day": ""})
        self.assertContains(refused, "Choisissez le premier jour", status_code=422)
        absence = Absence.objects.get()
        path = console("absence_remove", self.claire.pk, absence.pk)
        self.assertEqual(self.as_nadia.post(path).status_code, 404)
        self.as_nadia.post(console("absence_remove", self.karim.pk, absence.pk))
        self.assertFalse(Absence.objects.exists())
