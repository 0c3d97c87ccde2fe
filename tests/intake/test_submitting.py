"""A request that is sent becomes a conversation and a prescription, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import ActorKind, Entry
from portal.conversations import counters
from portal.conversations.models import Conversation, ConversationKind, CounterKind, Message
from portal.intake.actions import (
    FormClosed,
    NoPages,
    NoSuchRequest,
    NoticeChanged,
    add_page,
    begin,
    close_form,
    submit,
    write_notice,
)
from portal.intake.models import Request, RequestState, Upload
from portal.intake.references import LENGTH, typed_reference, written
from portal.lib.confined import close_all
from portal.prescriptions.models import Nature, Prescription
from tests.base import PharmacyTestCase
from tests.documents import files
from tests.intake.stage import CAMILLE, notice_id, open_the_form, send


def tearDownModule() -> None:
    close_all()


class Sending(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()
        self.box = open_the_form(self.nadia)

    def test_the_team_receives_a_conversation_with_its_pages_and_a_prescription(self) -> None:
        request = send(files.jpeg(), files.pdf())

        conversation = Conversation.objects.get()
        self.assertEqual(request.conversation, conversation)
        self.assertEqual((conversation.kind, conversation.mailbox), (ConversationKind.FORM, self.box))
        self.assertEqual(conversation.people, [{"label": "Camille MOREAU", "address": ""}])
        self.assertIsNone(conversation.patient)
        self.assertEqual((conversation.message_count, conversation.attachment_count), (1, 2))
        message = Message.objects.get()
        self.assertIn("Sans lactose", message.text)
        self.assertIn(written(request.reference or ""), message.text)
        self.assertEqual([file.name for file in message.attachments.all()], ["Page 1", "Page 2"])
        self.assertEqual(set(Upload.objects.values_list("message", flat=True)), {message.pk})
        self.assertEqual(Prescription.objects.get().nature, Nature.PHOTO)
        counted = counters.counts(self.karim.pk)
        self.assertEqual(counted[CounterKind.OPEN], 1)
        self.assertEqual(counted[CounterKind.UNOPENED], 1)
        self.assertEqual(counted[CounterKind.PRESCRIPTION], 1)

    def test_the_journal_says_that_a_patient_sent_it_and_none_of_the_words(self) -> None:
        send()
        entry = Entry.objects.get(event=Event.REQUEST_SUBMIT)
        self.assertEqual(entry.actor_kind, ActorKind.PATIENT)
        self.assertRegex(entry.detail, r"^pages=1 prescription=[0-9a-f-]{36}$")

    def test_a_second_click_finds_the_first_ones_request(self) -> None:
        request = send()
        again = submit(request.pk, CAMILLE, notice_id=notice_id(), now=self.now)
        self.assertEqual(again.reference, request.reference)
        self.assertEqual(Conversation.objects.count(), 1)

    def test_two_requests_of_the_same_patient_stay_apart(self) -> None:
        send()
        send()
        self.assertEqual(Conversation.objects.count(), 2)

    def test_what_cannot_be_sent_leaves_nothing_behind(self) -> None:
        empty = begin(now=self.now)
        with self.assertRaises(NoPages):
            submit(empty.pk, CAMILLE, notice_id=notice_id(), now=self.now)
        add_page(empty.pk, files.jpeg(), now=self.now)
        with self.assertRaises(NoSuchRequest):
            submit(empty.pk, CAMILLE, notice_id=notice_id(), now=self.now + timedelta(hours=3))
        before = notice_id()
        write_notice("Une autre notice.", by=self.nadia)
        with self.assertRaises(NoticeChanged):
            submit(empty.pk, CAMILLE, notice_id=before, now=self.now)
        close_form(by=self.nadia)
        with self.assertRaises(FormClosed):
            submit(empty.pk, CAMILLE, notice_id=notice_id(), now=self.now)
        with (
            mock.patch("portal.intake.submitting.record", side_effect=RuntimeError),
            mock.patch("portal.intake.submitting._check_form"),
            self.assertRaises(RuntimeError),
        ):
            submit(empty.pk, CAMILLE, notice_id=notice_id(), now=self.now)
        self.assertFalse(Conversation.objects.exists())
        self.assertEqual(Request.objects.get().state, RequestState.OPEN)

    def test_a_reference_is_twelve_figures_however_it_is_typed(self) -> None:
        reference = send().reference or ""
        self.assertRegex(reference, rf"^\d{{{LENGTH}}}$")
        self.assertEqual(typed_reference(f" {written(reference)}. "), reference)

    def test_what_a_patient_wrote_is_sealed(self) -> None:
        request = send()
        row = Request.objects.filter(pk=request.pk).first()
        assert row is not None
        for name in ("identity", "contact", "remark", "wish"):
            self.assertNotIn(b"oreau", bytes(row.__dict__[name]))
            self.assertNotIn(b"lactose", bytes(row.__dict__[name]))
