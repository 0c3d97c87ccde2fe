"""Tests of prescriptions as the database keeps them: opened, moved, counted, traced."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, connection, transaction

from portal.audit.models import Entry
from portal.conversations.actions import StaleVersion
from portal.conversations.counters import counts
from portal.conversations.models import Conversation, CounterKind
from portal.prescriptions.actions import NothingReceived, act_on, open_by_hand
from portal.prescriptions.lifecycle import Given, SecondPersonNeeded
from portal.prescriptions.models import Act, Evidence, Nature, Prescription, Reason, State, Step
from portal.team.models import User
from tests.base import PharmacyTestCase
from tests.conversations.mails import sent
from tests.documents.files import jpeg
from tests.inbound.letters import MARTIN, letter
from tests.mailboxes.boxes import open_box
from tests.prescriptions.stage import NOTE, PDF, arrived, with_photo


class Opening(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def test_a_photo_from_a_patient_opens_a_prescription(self) -> None:
        conversation = with_photo(self.box)

        opened = Prescription.objects.get()
        self.assertEqual((opened.conversation, opened.nature), (conversation, Nature.PHOTO))
        self.assertEqual((opened.state, opened.message), (State.RECEIVED, conversation.messages.get()))
        self.assertIsNone(opened.steps.get().by)
        self.assertEqual(counts(self.karim.id)[CounterKind.PRESCRIPTION], 1)

    def test_the_journal_says_which_message_opened_it(self) -> None:
        with_photo(self.box)

        entry = Entry.objects.get(event="message:receive")
        self.assertEqual(entry.detail, f"prescription={Prescription.objects.get().pk}")

    def test_a_pdf_from_a_patient_does_so_too(self) -> None:
        arrived(self.box, letter(files={"o.pdf": PDF}))

        self.assertEqual(Prescription.objects.get().nature, Nature.PDF)

    def test_words_or_a_professionals_pdf_do_not(self) -> None:
        arrived(self.box, letter())
        arrived(self.box, letter(subject="Autre", files={"merci.txt": NOTE}))
        arrived(self.box, letter(f"Dr Martin <{MARTIN}>", files={"o.pdf": PDF}))

        self.assertFalse(Prescription.objects.exists())

    def test_a_second_page_joins_the_prescription_under_way(self) -> None:
        with_photo(self.box, message_id="<un@x>")
        conversation = with_photo(self.box, answers="<un@x>")

        self.assertEqual(conversation.messages.count(), 2)
        self.assertEqual(Prescription.objects.count(), 1)

    def test_what_lay_in_an_old_mailbox_opens_none(self) -> None:
        photo = {"o.jpg": ("image/jpeg", jpeg())}
        arrived(self.box, letter(files=photo), age=timedelta(days=8))

        self.assertFalse(Prescription.objects.exists())

    def test_a_professionals_is_opened_by_hand(self) -> None:
        conversation = arrived(self.box, letter(f"Dr Martin <{MARTIN}>", files={"o.pdf": PDF}))

        opened = open_by_hand(conversation, by=self.karim, seen=0)

        self.assertEqual((opened.nature, opened.steps.get().by), (Nature.PROFESSIONAL, self.karim))
        conversation.refresh_from_db()
        self.assertEqual((conversation.prescription_count, conversation.prescriptions_open), (1, 1))
        self.assertEqual(Entry.objects.latest("n").event, "prescription:open")

    def test_nothing_that_we_sent_ourselves_is_a_prescription(self) -> None:
        conversation = sent(None, self.box, self.claire, f"Dr Martin <{MARTIN}>").conversation

        self.assertRaises(NothingReceived, open_by_hand, conversation, by=self.karim, seen=0)


class Moving(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        with_photo(open_box())
        self.prescription = Prescription.objects.get()

    def do(self, act: Act, by: User, given: Given | None = None) -> None:
        self.prescription.refresh_from_db()
        act_on(self.prescription, act, by=by, version=self.prescription.version, given=given)
        self.prescription.refresh_from_db()

    def ready(self) -> None:
        for act, by in (
            (Act.START, self.karim),
            (Act.PREPARED, self.karim),
            (Act.CONTROL, self.claire),
            (Act.READY, self.karim),
        ):
            self.do(act, by)

    def test_each_step_says_who_and_when(self) -> None:
        self.ready()
        self.do(Act.HAND_OVER, self.karim, Given(evidence=Evidence.ORIGINAL, seen_by=self.claire.id))

        steps = [(step.act, step.by) for step in self.prescription.steps.order_by("at", "id")][1:]
        people = [self.karim, self.karim, self.claire, self.karim, self.karim]
        acts = [Act.START, Act.PREPARED, Act.CONTROL, Act.READY, Act.HAND_OVER]
        self.assertEqual(steps, list(zip(acts, people, strict=True)))
        self.assertEqual((self.prescription.state, self.prescription.seen_by), ("handed-over", self.claire))

    def test_what_was_handed_over_is_no_longer_counted(self) -> None:
        self.ready()
        self.assertEqual(counts(self.karim.id)[CounterKind.PRESCRIPTION], 1)

        self.do(Act.HAND_OVER, self.karim, Given(evidence=Evidence.LGO, seen_by=self.karim.id))

        self.assertEqual(counts(self.karim.id)[CounterKind.PRESCRIPTION], 0)
        self.assertEqual(Conversation.objects.get().prescriptions_open, 0)

    def test_a_lone_pharmacists_control_of_her_own_work_is_traced(self) -> None:
        self.do(Act.START, self.claire)
        self.do(Act.PREPARED, self.claire)
        self.assertRaises(SecondPersonNeeded, self.do, Act.CONTROL, self.claire)

        self.do(Act.CONTROL, self.claire, Given(alone=True))

        self.assertTrue(self.prescription.controlled_alone)
        self.assertTrue(self.prescription.steps.get(act=Act.CONTROL).alone)
        self.assertEqual(Entry.objects.latest("n").detail, "alone=yes")

    def test_nobody_is_alone_who_controls_somebody_elses_work(self) -> None:
        self.do(Act.START, self.karim)
        self.do(Act.PREPARED, self.karim)

        self.do(Act.CONTROL, self.claire, Given(alone=True))

        self.assertFalse(self.prescription.controlled_alone)

    def test_a_colleague_was_quicker(self) -> None:
        seen = self.prescription.version
        self.do(Act.START, self.karim)

        with self.assertRaises(StaleVersion):
            act_on(self.prescription, Act.START, by=self.claire, version=seen)
        self.assertEqual(Step.objects.filter(act=Act.START).count(), 1)

    def test_what_is_sent_back_is_controlled_again(self) -> None:
        self.ready()
        self.do(Act.SEND_BACK, self.claire, Given(remark="Dosage à revoir"))

        self.assertEqual((self.prescription.state, self.prescription.controlled_by), ("preparing", None))
        self.assertEqual(self.prescription.steps.get(act=Act.SEND_BACK).remark, "Dosage à revoir")

    def test_the_reason_is_in_the_journal_and_the_remark_is_not_in_the_clear(self) -> None:
        self.do(Act.WAIT, self.karim, Given(reason=Reason.STOCK, remark="Metformine en rupture"))

        self.assertEqual(Entry.objects.latest("n").detail, "reason=stock")
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(s::text, ' ') FROM prescriptions_step s")
            self.assertNotIn("Metformine", cursor.fetchone()[0])

    def test_a_mistake_is_taken_back(self) -> None:
        self.do(Act.ABANDON, self.karim, Given(reason=Reason.NOT_A_PRESCRIPTION))
        self.assertEqual(Conversation.objects.get().prescriptions_open, 0)

        self.do(Act.REOPEN, self.karim)

        self.assertEqual(self.prescription.state, State.RECEIVED)
        self.assertEqual(counts(self.karim.id)[CounterKind.PRESCRIPTION], 1)

    def test_the_database_itself_refuses_what_nobody_controlled_or_saw(self) -> None:
        claire = self.claire
        for wrong in (
            {"state": State.READY},
            {"state": State.READY, "prepared_by": claire, "controlled_by": claire},
            {"begun_by": claire, "prepared_by": self.karim, "controlled_by": claire},
            {"state": State.HANDED_OVER, "prepared_by": self.karim, "controlled_by": claire},
            {"state": "dispensed"},
        ):
            with self.subTest(wrong), self.assertRaises(IntegrityError), transaction.atomic():
                Prescription.objects.filter(pk=self.prescription.pk).update(**wrong)
