"""Tests that copying a trait and printing a piece are at hand, and are in the journal without what was copied."""

from __future__ import annotations

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.mailboxes.models import MailboxKind
from tests.documents.files import pdf
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, only_file, page


class AtHand(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(files={"ordonnance.pdf": ("application/pdf", pdf())})

    def test_ins_and_name_are_copied_in_one_click(self) -> None:
        shown = self.as_karim.get(page("conversation", self.conversation.pk))

        self.assertContains(shown, 'value="ins" data-copy="279035121518989"')
        self.assertContains(shown, 'value="names" data-copy="Léa Durand"')

    def test_a_birth_date_and_a_birth_name_are_copied_where_they_are_known(self) -> None:
        patient = self.conversation.patient
        assert patient is not None
        patient.birth_date, patient.birth_name, patient.first_names = "1979-03-05", "MARTIN", "Léa"
        patient.save(update_fields=["birth_date", "birth_name", "first_names"])

        shown = self.as_karim.get(page("conversation", self.conversation.pk))

        self.assertContains(shown, 'value="birth-date" data-copy="05/03/1979"')
        self.assertContains(shown, 'value="names" data-copy="MARTIN Léa"')

    def test_a_copy_is_in_the_journal_without_what_was_copied(self) -> None:
        for what in ("ins", "names", "birth-date"):
            answer = self.as_karim.htmx("post", page("copied", self.conversation.pk), {"what": what})
            self.assertEqual(answer.status_code, 204)

        entries = list(Entry.objects.filter(event=Event.TRAIT_COPY).order_by("n"))
        self.assertEqual([entry.detail for entry in entries], ["what=ins", "what=names", "what=birth-date"])
        self.assertEqual({entry.object_id for entry in entries}, {self.conversation.pk})

    def test_nothing_else_can_be_noted_as_copied(self) -> None:
        answer = self.as_karim.post(page("copied", self.conversation.pk), {"what": "279035121518989"})

        self.assertEqual(answer.status_code, 404)
        self.assertFalse(Entry.objects.filter(event=Event.TRAIT_COPY).exists())

    def test_printing_a_piece_is_in_the_journal(self) -> None:
        file = only_file(self.conversation)
        shown = self.as_karim.get(page("conversation", self.conversation.pk))
        self.assertContains(shown, page("printed", file.pk))

        self.assertEqual(self.as_karim.htmx("post", page("printed", file.pk)).status_code, 204)

        entry = Entry.objects.get(event=Event.ATTACHMENT_PRINT)
        self.assertEqual((entry.actor, entry.object_id), (self.karim.pk, file.pk))

    def test_a_colleagues_own_mailbox_and_another_pharmacy_have_nothing_at_hand(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        theirs = self.received("Dr B <b@medecin-test.mssante.fr>", box=own)

        for browser, pk in ((self.as_karim, theirs.pk), (self.hugo(), self.conversation.pk)):
            answer = browser.post(page("copied", pk), {"what": "ins"})
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.hugo().post(page("printed", only_file(self.conversation).pk)).status_code, 404)
        self.assertFalse(Entry.objects.filter(event__in=[Event.TRAIT_COPY, Event.ATTACHMENT_PRINT]).exists())
