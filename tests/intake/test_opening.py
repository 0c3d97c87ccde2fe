"""The form opens when its notice is written and a mailbox is there, and not before."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.intake.actions import NoMailbox, NoticeMissing, close_form, open_form, write_notice
from portal.intake.form import FormState, current_notice, form_state
from portal.intake.models import Form, Notice
from tenants.context import inside
from tests.base import PharmacyTestCase
from tests.mailboxes.boxes import open_box


class TheForm(PharmacyTestCase):
    def test_it_is_closed_until_somebody_opens_it(self) -> None:
        self.assertEqual(form_state(), FormState(open=False, notice_ready=False))
        self.assertIsNone(current_notice())

    def test_without_a_notice_or_a_mailbox_it_stays_closed(self) -> None:
        with self.assertRaises(NoticeMissing):
            open_form(by=self.nadia)
        for empty in ("", " \n\t "):
            with self.assertRaises(NoticeMissing):
                write_notice(empty, by=self.nadia)
        write_notice("Nous sommes responsables.", by=self.nadia)
        with self.assertRaises(NoMailbox):
            open_form(by=self.nadia)
        self.assertEqual(form_state(), FormState(open=False, notice_ready=True))
        with self.assertRaises(IntegrityError), transaction.atomic():
            Form.objects.create(pk=2, notice=Notice.objects.get())

    def test_opening_and_closing_are_in_the_journal_once(self) -> None:
        open_box()
        write_notice("Nous sommes responsables.", by=self.nadia)
        for _ in range(2):
            open_form(by=self.nadia)
            self.assertTrue(form_state().open)
        for _ in range(2):
            close_form(by=self.nadia)
            self.assertFalse(form_state().open)
        entries = Entry.objects.filter(event__startswith="form:").order_by("n")
        names = list(entries.values_list("event", flat=True))
        self.assertEqual(names, [Event.FORM_NOTICE, Event.FORM_OPEN, Event.FORM_CLOSE])

    def test_what_was_accepted_can_be_shown_later(self) -> None:
        first = write_notice("Première version.", by=self.nadia)
        self.assertEqual(write_notice("Première version.\r\n", by=self.nadia), first)
        write_notice("Deuxième version.", by=self.nadia)

        self.assertEqual(current_notice(), Notice.objects.latest("id"))
        self.assertEqual(Notice.objects.get(pk=first.pk).text, "Première version.")

    def test_the_form_of_another_pharmacy_is_another(self) -> None:
        write_notice("Nous sommes responsables.", by=self.nadia)
        with inside(self.gare):
            self.assertFalse(form_state().notice_ready)
