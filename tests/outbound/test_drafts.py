"""Drafts: on the server, never expiring, never overwritten unseen."""

from __future__ import annotations

from datetime import timedelta

from django.test import override_settings
from django.utils import timezone

from portal.conversations.models import Attachment
from portal.documents.antivirus import EICAR
from portal.mail.parse import extract, parse
from portal.outbound.drafts import (
    NoSuchDraft,
    StaleDraft,
    discard,
    get_draft,
    new_draft,
    restore,
    save_draft,
    start_reply,
)
from portal.outbound.files import FileRefused, attach_file, detach_file
from portal.outbound.models import Draft, DraftState
from sandbox.people import DOCTOR
from tests.outbound.stage import OutboundTestCase

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Saving(OutboundTestCase):
    def test_what_was_typed_is_there_again(self) -> None:
        draft = self.letter(text="À demain", subject="Rendez-vous")

        found = get_draft(self.claire, draft.pk)

        self.assertEqual((found.text, found.subject, found.recipients), ("À demain", "Rendez-vous", [DOCTOR]))
        self.assertEqual(found.version, 2)

    def test_saving_the_same_again_moves_nothing(self) -> None:
        draft = self.letter()

        again = self.saved(draft, draft.text, to=draft.recipients)

        self.assertEqual(again.version, draft.version)

    def test_a_second_tab_gets_the_newer_words_instead_of_losing_them(self) -> None:
        draft = self.letter(text="Ancien")
        self.saved(draft, "Nouveau", to=[DOCTOR])

        with self.assertRaises(StaleDraft) as caught:
            save_draft(draft, by=self.claire, version=draft.version, recipients=[], subject="", text="Vieux")

        self.assertEqual(caught.exception.draft.text, "Nouveau")
        self.assertEqual(get_draft(self.claire, draft.pk).text, "Nouveau")

    def test_a_draft_is_its_authors_alone(self) -> None:
        draft = self.letter()

        with self.assertRaises(NoSuchDraft):
            get_draft(self.karim, draft.pk)
        with self.assertRaises(NoSuchDraft):
            save_draft(draft, by=self.karim, version=draft.version, recipients=[], subject="", text="x")

    def test_a_reply_is_addressed_to_who_wrote_and_found_again(self) -> None:
        conversation = self.received(subject="Posologie")

        first = start_reply(conversation, by=self.claire)
        second = start_reply(conversation, by=self.claire)

        self.assertEqual(first, second)
        self.assertEqual((first.recipients, first.subject), ([DOCTOR], "Re: Posologie"))
        self.assertNotEqual(start_reply(conversation, by=self.karim), first)

    def test_controls_do_not_enter_a_subject_or_an_address(self) -> None:
        draft = self.saved(self.letter(), "x", to=["a@b.fr\r\nBcc: c@d.fr"], subject="Un\r\nBcc: x\u202e")

        self.assertEqual(draft.subject, "Un Bcc: x")
        self.assertNotIn("\n", draft.recipients[0])


class Discarding(OutboundTestCase):
    def test_a_discarded_draft_can_be_brought_back(self) -> None:
        conversation = self.received()
        draft = self.reply(conversation, "Finalement")
        discard(draft, by=self.claire)
        with self.assertRaises(NoSuchDraft):
            get_draft(self.claire, draft.pk)

        self.assertEqual(restore(draft.pk, by=self.claire).text, "Finalement")
        self.assertEqual(start_reply(conversation, by=self.claire).pk, draft.pk)

    def test_brought_back_beside_a_newer_one_both_are_kept(self) -> None:
        conversation = self.received()
        draft = self.reply(conversation, "Ancien")
        discard(draft, by=self.claire)
        self.reply(conversation, "Récent")

        back = restore(draft.pk, by=self.claire)

        self.assertEqual(back.text, "Ancien\n\nRécent")
        self.assertEqual(Draft.objects.filter(state=DraftState.OPEN).count(), 1)

    def test_after_thirty_days_it_is_gone_and_open_ones_never_are(self) -> None:
        old, kept = self.letter(text="Vieux"), self.letter(text="Ouvert")
        discard(old, by=self.claire)
        Draft.objects.update(updated_at=timezone.now() - timedelta(days=31))

        discard(self.letter(text="Autre"), by=self.claire)

        self.assertFalse(Draft.objects.filter(pk=old.pk).exists())
        self.assertEqual(get_draft(self.claire, kept.pk).text, "Ouvert")
        with self.assertRaises(NoSuchDraft):
            restore(old.pk, by=self.claire)


class Attaching(OutboundTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.draft = new_draft(self.mailbox, by=self.claire)

    def attach(self, content: bytes, name: str = "plan.pdf") -> None:
        attach_file(self.draft, by=self.claire, name=name, content=content)

    def test_a_file_is_kept_sealed_and_known_by_its_content(self) -> None:
        self.attach(PDF, "../Médicaments.txt")

        file = self.draft.files.get()
        self.assertEqual((file.name, file.kind, file.read_blob()), ("Médicaments.txt", "pdf", PDF))

    def test_it_is_taken_off_again(self) -> None:
        self.attach(PDF)
        file = self.draft.files.get()

        detach_file(self.draft, file.pk, by=self.claire)
        detach_file(self.draft, file.pk, by=self.claire)

        self.assertFalse(self.draft.files.exists())

    def test_empty_infected_and_unexamined_files_are_refused(self) -> None:
        for content in (b"", EICAR):
            with self.assertRaises(FileRefused):
                self.attach(content)
        with override_settings(ANTIVIRUS="clamd:/nowhere"), self.assertRaisesRegex(FileRefused, "antivirus"):
            self.attach(PDF)
        self.assertFalse(self.draft.files.exists())

    @override_settings(MAX_MESSAGE_BYTES=100_000)
    def test_files_that_grow_beyond_the_limit_together_are_refused(self) -> None:
        self.attach(b"x" * 30_000)
        with self.assertRaisesRegex(FileRefused, "Trop gros"):
            self.attach(b"y" * 35_000)

        self.assertEqual(self.draft.files.count(), 1)

    def test_a_draft_that_was_sent_takes_no_more_files(self) -> None:
        draft = self.letter()
        self.send(draft)

        with self.assertRaises(NoSuchDraft):
            attach_file(draft, by=self.claire, name="x.pdf", content=PDF)

    def test_the_sent_mail_holds_the_file_and_the_conversation_shows_it(self) -> None:
        draft = self.letter()
        attach_file(draft, by=self.claire, name="Été.pdf", content=PDF)

        delivery = self.send(draft)

        raw, shown = delivery.read_blob(), Attachment.objects.get()
        self.assertEqual((shown.name, shown.kind, shown.size), ("Été.pdf", "pdf", len(PDF)))
        self.assertEqual(extract(raw, shown.part), PDF)
        self.assertEqual(parse(raw).attachments[0].part, shown.part)
