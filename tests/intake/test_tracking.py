"""A patient follows a request with its reference and a birth date, adds a page, cancels."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import finish
from portal.conversations.models import Conversation, ConversationState, Message
from portal.intake.actions import Locked, NoSuchRequest, TooLate, append_page, cancel
from portal.intake.models import Request
from portal.intake.throttle import HOUR
from portal.intake.tracking import Stage, find, followed, stage_of
from portal.lib.confined import close_all
from portal.prescriptions.actions import act_on
from portal.prescriptions.lifecycle import Given
from portal.prescriptions.models import Act, Evidence, Prescription, Reason
from portal.team.models import User
from tenants.context import inside
from tests.base import PharmacyTestCase
from tests.documents import files
from tests.intake.stage import CAMILLE, open_the_form, send

HERE = "203.0.113.7"


def tearDownModule() -> None:
    close_all()


class Following(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()
        open_the_form(self.nadia)
        self.request = send()
        self.reference = self.request.reference or ""

    def found(
        self, reference: str = "", born: date | None = CAMILLE.birth_date, address: str = HERE
    ) -> Request | None:
        return find(reference or self.reference, born, address=address, now=self.now)

    def act(self, act: Act, by: User, given: Given | None = None) -> None:
        prescription = Prescription.objects.get()
        act_on(prescription, act, by=by, version=prescription.version, given=given)

    def test_reference_and_birth_date_open_it_and_neither_alone(self) -> None:
        self.assertEqual(self.found(), self.request)
        self.assertIsNone(self.found(born=date(1962, 3, 15)))
        self.assertIsNone(self.found(born=None))
        self.assertIsNone(self.found("000000000000"))
        with inside(self.gare):
            self.assertIsNone(self.found())

    def test_after_five_wrong_tries_even_the_right_one_waits_an_hour(self) -> None:
        for day in range(1, 6):
            self.assertIsNone(self.found(born=date(1970, 1, day)))
        for address in (HERE, "203.0.113.99"):
            with self.assertRaises(Locked):
                self.found(address=address)
        self.assertEqual(Entry.objects.filter(event=Event.REQUEST_TRACK_LOCKED).count(), 1)
        self.now += HOUR
        self.assertEqual(self.found(), self.request)

    def test_the_patient_may_look_as_often_as_wanted(self) -> None:
        for _ in range(12):
            self.assertEqual(self.found(), self.request)

    def test_whoever_tries_many_references_is_stopped(self) -> None:
        for number in range(30):
            self.assertIsNone(self.found(f"{number:012}"))
        for _ in range(6):
            with self.assertRaises(Locked):
                self.found()
        self.assertEqual(self.found(address="203.0.113.99"), self.request)

    def test_after_thirty_days_it_is_followed_no_more(self) -> None:
        self.now += timedelta(days=30, seconds=1)
        self.assertIsNone(self.found())
        with self.assertRaises(NoSuchRequest):
            followed(self.request.pk, now=self.now)

    def test_the_prescription_says_how_far_it_is(self) -> None:
        self.assertEqual(stage_of(self.request), Stage.RECEIVED)
        for act, by, stage in (
            (Act.START, self.karim, Stage.PREPARING),
            (Act.WAIT, self.karim, Stage.WAITING),
            (Act.RESUME, self.karim, Stage.RECEIVED),
            (Act.START, self.karim, Stage.PREPARING),
            (Act.PREPARED, self.karim, Stage.PREPARING),
            (Act.CONTROL, self.claire, Stage.PREPARING),
            (Act.READY, self.karim, Stage.READY),
        ):
            self.act(act, by, Given(reason=Reason.STOCK))
            self.assertEqual(stage_of(self.request), stage)
        self.act(Act.HAND_OVER, self.claire, Given(evidence=Evidence.ORIGINAL, seen_by=self.claire.pk))
        self.assertEqual(stage_of(self.request), Stage.HANDED_OVER)
        with self.assertRaises(TooLate):
            cancel(self.request.pk, now=self.now)
        with self.assertRaises(TooLate):
            append_page(self.request.pk, files.png(), now=self.now)

    def test_a_page_added_later_brings_the_conversation_back(self) -> None:
        conversation = Conversation.objects.get()
        finish(conversation, by=self.karim, version=conversation.version)

        for _ in range(2):
            append_page(self.request.pk, files.png(), now=self.now)

        conversation.refresh_from_db()
        self.assertEqual(conversation.state, ConversationState.OPEN)
        self.assertTrue(conversation.unopened)
        added = Message.objects.filter(kind="in").latest("id")
        self.assertEqual([file.name for file in added.attachments.all()], ["Page 2"])
        self.assertEqual(Entry.objects.filter(event=Event.REQUEST_PAGE).count(), 1)

    def test_a_cancelled_request_is_told_to_the_team_once(self) -> None:
        for _ in range(2):
            cancel(self.request.pk, now=self.now)
        self.request.refresh_from_db()
        self.assertEqual(stage_of(self.request), Stage.CANCELLED)
        self.assertEqual(Message.objects.filter(kind="in").count(), 2)
        with self.assertRaises(TooLate):
            append_page(self.request.pk, files.png(), now=self.now)
