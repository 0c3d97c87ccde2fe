"""The responsible person writes the hours; the public page shows them."""

from __future__ import annotations

from portal.house.models import OpeningHours
from tests.browsing import Browser, signed_in
from tests.web.console_case import ConsoleTestCase, console

MONDAY = {"j0o1": "8:30", "j0f1": "12:30", "j0o2": "14:00", "j0f2": "19:30"}


class TheHours(ConsoleTestCase):
    def test_what_is_written_shows_on_the_public_page_and_in_the_form_again(self) -> None:
        self.assertNotContains(Browser().get("/"), "Lundi")

        page = self.as_nadia.post(console("hours"), MONDAY, follow=True)

        self.assertContains(page, "Les horaires sont enregistrés")
        self.assertContains(page, 'name="j0f2" value="19:30"')
        self.assertContains(
            Browser().get("/"), "8\u00a0h\u00a030\u00a0– 12\u00a0h\u00a030, 14\u00a0h\u00a0– 19"
        )
        self.assertNotContains(Browser("gare.localhost").get("/"), "Lundi")

    def test_a_day_without_a_break_needs_two_boxes(self) -> None:
        self.as_nadia.post(console("hours"), {"j2o1": "9:00", "j2f1": "20:00"})
        self.assertContains(Browser().get("/"), "9\u00a0h\u00a0– 20\u00a0h")

    def test_what_is_wrong_is_said_beside_the_day_and_nothing_typed_is_lost(self) -> None:
        for changes, words in (
            ({"j0f1": ""}, "Il manque"),
            ({"j0f1": "7:00"}, "vient après"),
            ({"j0o2": "12:00"}, "après la fin du matin"),
            ({"j0o1": "tôt"}, "Écrivez l’heure ainsi"),
        ):
            with self.subTest(words):
                answer = self.as_nadia.post(console("hours"), MONDAY | changes)
                self.assertContains(answer, words, status_code=422)
                self.assertContains(answer, 'value="19:30"', status_code=422)
        self.assertFalse(OpeningHours.objects.exists())

    def test_claire_does_not_write_them(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        self.assertEqual(claire.get(console("hours")).status_code, 404)
        self.assertEqual(claire.post(console("hours"), MONDAY).status_code, 404)
        self.assertFalse(OpeningHours.objects.exists())
