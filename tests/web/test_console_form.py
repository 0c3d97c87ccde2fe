"""The responsible person writes the notice, opens the form and closes it."""

from __future__ import annotations

from portal.intake.form import current_notice, form_state
from tests.browsing import signed_in
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase, console


class TheFormsPage(ConsoleTestCase):
    def test_nadia_corrects_the_notice_that_was_begun_for_her_and_opens_the_form(self) -> None:
        open_box()
        page = self.as_nadia.get(console("form"))
        self.assertContains(page, "Le formulaire est fermé")
        self.assertContains(page, "Pharmacie du Soleil")
        self.assertContains(page, "CNIL")
        self.assertNotContains(page, "Ouvrir le formulaire")

        page = self.as_nadia.post(console("form"), {"text": "Notre notice."}, follow=True)
        self.assertContains(page, "La notice est enregistrée")
        self.assertContains(page, "Ouvrir le formulaire")
        page = self.as_nadia.post(console("form_open"), follow=True)
        self.assertContains(page, "Le formulaire est ouvert")
        self.assertTrue(form_state().open)

        page = self.as_nadia.post(console("form_close"), follow=True)
        self.assertContains(page, "Le formulaire est fermé")
        self.assertFalse(form_state().open)

    def test_what_is_missing_is_said(self) -> None:
        self.assertContains(self.as_nadia.post(console("form_open")), "notice", status_code=422)
        answer = self.as_nadia.post(console("form"), {"text": " "})
        self.assertContains(answer, "Écrivez la notice", status_code=422)
        self.as_nadia.post(console("form"), {"text": "Notre notice."})
        self.assertContains(
            self.as_nadia.post(console("form_open")), "BAL organisationnelle", status_code=422
        )
        self.assertFalse(form_state().open)

    def test_claire_neither_writes_nor_opens(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        self.assertEqual(claire.get(console("form")).status_code, 404)
        for name in ("form", "form_open", "form_close"):
            self.assertEqual(claire.post(console(name), {"text": "Notre notice."}).status_code, 404)
        self.assertIsNone(current_notice())
