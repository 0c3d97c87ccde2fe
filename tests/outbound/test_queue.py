"""Sending: what is checked, what is asked, what a second click does."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock
from uuid import uuid4

from portal.conversations.actions import StaleVersion
from portal.conversations.models import Conversation, Message
from portal.mailboxes.models import MailboxState
from portal.outbound import addressees
from portal.outbound.actions import queue
from portal.outbound.addressees import Refused
from portal.outbound.drafts import NoSuchDraft, StaleDraft, get_draft
from portal.outbound.leaving import EMPTY, PAUSED
from portal.outbound.models import Delivery, DraftState
from portal.outbound.same import SameMessageAgain
from sandbox.people import DOCTOR, PATIENT
from tests.outbound.stage import COLLEAGUE, OutboundTestCase

OTHER_PATIENT = "180017512345678@patient.mssante.fr"


class WhoMayBeWrittenTo(OutboundTestCase):
    def refusals(self, *to: str, conversation: Conversation | None = None) -> dict[str, str]:
        draft = self.reply(conversation) if conversation else self.letter()
        draft = self.saved(draft, "Bonjour", to=list(to))
        with self.assertRaises(Refused) as caught:
            self.send(draft)
        self.assertFalse(Delivery.objects.exists())
        return {refusal.address: refusal.reason for refusal in caught.exception.refusals}

    def test_each_recipient_has_its_own_reason(self) -> None:
        found = self.refusals(DOCTOR, "dupont@gmail.com", "pas une adresse", PATIENT)

        self.assertEqual(
            found,
            {
                "dupont@gmail.com": addressees.NOT_TRUSTED,
                "pas une adresse": addressees.BAD_SYNTAX,
                PATIENT: addressees.PATIENT_FIRST,
            },
        )

    def test_a_subdomain_of_the_trust_space_is_outside(self) -> None:
        self.assertEqual(
            self.refusals("x@faux.medecin-test.mssante.fr"),
            {"x@faux.medecin-test.mssante.fr": addressees.NOT_TRUSTED},
        )

    def test_tricks_in_an_address_are_bad_syntax(self) -> None:
        for trick in (
            "a@b.mssante.fr\r\nBcc: c@d.fr",
            f"{DOCTOR}, x@gmail.com",
            f"<{DOCTOR}>, <x@gmail.com>",
            "é@b.fr",
        ):
            with self.subTest(trick=trick):
                self.assertIn(addressees.BAD_SYNTAX, self.refusals(trick).values())

    def test_nobody_and_too_many(self) -> None:
        self.assertEqual(self.refusals(), {"": addressees.NOBODY})
        crowd = [f"medecin{number}@medecin-test.mssante.fr" for number in range(51)]
        self.assertEqual(self.refusals(*crowd), {"": addressees.TOO_MANY})

    def test_a_patient_is_answered_where_he_wrote_and_nowhere_else(self) -> None:
        conversation = self.received(PATIENT)
        self.send(self.reply(conversation))

        self.assertEqual(Delivery.objects.count(), 1)
        with self.assertRaises(Refused):
            self.send(self.letter(PATIENT))

    def test_two_patients_never_see_each_others_address(self) -> None:
        conversation = self.received(PATIENT)
        conversation.people = [*conversation.people, {"label": "", "address": OTHER_PATIENT}]
        conversation.save(update_fields=["people"])

        found = self.refusals(PATIENT, OTHER_PATIENT, conversation=conversation)

        self.assertEqual(found, {"": addressees.TWO_PATIENTS})

    def test_the_same_address_twice_is_written_to_once(self) -> None:
        delivery = self.send(self.letter(DOCTOR, f"Dr Petit <{DOCTOR.upper()}>", COLLEAGUE))

        self.assertEqual(
            [recipient.address for recipient in delivery.recipients.order_by("position")], [DOCTOR, COLLEAGUE]
        )

    def test_an_empty_message_and_a_paused_mailbox(self) -> None:
        with self.assertRaises(Refused) as caught:
            self.send(self.letter(text=" \n"))
        self.assertEqual(caught.exception.refusals[0].reason, EMPTY)

        self.mailbox.state = MailboxState.PAUSED
        self.mailbox.save(update_fields=["state"])
        with self.assertRaises(Refused) as caught:
            self.send(self.letter())
        self.assertEqual(caught.exception.refusals[0].reason, PAUSED)


class OneClickOneMessage(OutboundTestCase):
    def test_a_double_click_finds_the_first_ones_row(self) -> None:
        draft, key = self.letter(), uuid4()

        first = queue(draft, by=self.claire, idempotency_key=key, version=None)
        second = queue(draft, by=self.claire, idempotency_key=key, version=None)

        self.assertEqual(first, second)
        self.assertEqual(Message.objects.count(), 1)

    def test_a_second_tab_cannot_send_the_draft_again(self) -> None:
        draft = self.letter()
        self.send(draft)

        with self.assertRaises(NoSuchDraft):
            self.send(draft)
        with self.assertRaises(NoSuchDraft):
            get_draft(self.claire, draft.pk)

    def test_nobody_sends_somebody_elses_draft(self) -> None:
        with self.assertRaises(NoSuchDraft):
            queue(self.letter(), by=self.karim, idempotency_key=uuid4(), version=None)

    def test_a_colleague_who_was_quicker_holds_the_send_and_keeps_the_words(self) -> None:
        conversation = self.received()
        draft = self.reply(conversation, "De Claire")
        seen = Conversation.objects.get(pk=conversation.pk).version
        self.send(self.reply(conversation, "De Nadia", by=self.nadia))

        with self.assertRaises(StaleVersion):
            queue(draft, by=self.claire, idempotency_key=uuid4(), version=seen)

        draft.refresh_from_db()
        self.assertEqual((draft.state, draft.text), (DraftState.OPEN, "De Claire"))
        self.assertEqual(Delivery.objects.count(), 1)

    def test_words_saved_elsewhere_since_do_not_leave_unread(self) -> None:
        read = self.letter(text="Un comprimé")
        self.saved(get_draft(self.claire, read.pk), "Dix comprimés", to=[DOCTOR])

        with self.assertRaises(StaleDraft) as caught:
            self.send(read)

        self.assertEqual(caught.exception.draft.text, "Dix comprimés")
        self.assertEqual(get_draft(self.claire, read.pk).text, "Dix comprimés")
        self.assertFalse(Delivery.objects.exists())

    def test_the_same_words_to_the_same_person_are_asked_about(self) -> None:
        self.send(self.letter(text="Bonjour  Docteur"))
        again = self.letter(f"Dr Petit <{DOCTOR}>", text="Bonjour Docteur\n")

        with self.assertRaises(SameMessageAgain) as caught:
            self.send(again)
        self.assertEqual(caught.exception.address, DOCTOR)
        queue(again, by=self.claire, idempotency_key=uuid4(), version=None, confirmed=True)

        self.assertEqual(Delivery.objects.count(), 2)

    def test_other_words_and_other_people_are_not_asked_about(self) -> None:
        self.send(self.letter(text="Bonjour"))
        self.send(self.letter(text="Bonsoir"))
        self.send(self.letter(COLLEAGUE, text="Bonjour"))

        with mock.patch("portal.outbound.same.WITHIN", timedelta(seconds=-1)):
            self.send(self.letter(text="Bonjour"))
        self.assertEqual(Delivery.objects.count(), 4)


class AllOrNothing(OutboundTestCase):
    def test_a_failure_on_the_way_leaves_the_draft_and_nothing_else(self) -> None:
        draft = self.letter()

        with (
            mock.patch("portal.outbound.leaving.record", side_effect=RuntimeError),
            self.assertRaises(RuntimeError),
        ):
            self.send(draft)

        draft.refresh_from_db()
        self.assertEqual(draft.state, DraftState.OPEN)
        self.assertFalse(
            Delivery.objects.exists() or Message.objects.exists() or Conversation.objects.exists()
        )
