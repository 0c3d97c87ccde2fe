"""Tests that a message leaves at its time and not before, once, or comes back to its writer with the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.actions import StaleVersion, assign, finish
from portal.conversations.models import Conversation, ConversationState, Message, MessageKind
from portal.mailboxes.models import Mailbox, MailboxState
from portal.outbound.actions import undo
from portal.outbound.addressees import Refused
from portal.outbound.approval import submit
from portal.outbound.departures import leave_due, next_departure
from portal.outbound.models import Delivery, Draft, DraftState
from portal.outbound.scheduling import (
    BadTime,
    NotScheduled,
    approve_later,
    call_off,
    change_time,
    schedule,
)
from portal.outbound.templating import NeedsPharmacist
from portal.records.joining import join, undo_join
from portal.records.night import wake_what_is_due
from portal.team.models import User
from sandbox.people import DOCTOR
from sandbox.people import PATIENT as LEA
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.outbound.stage import COLLEAGUE, OutboundTestCase, distrust

HOURS = timedelta(hours=14)


class LaterTestCase(OutboundTestCase):
    """Léa wrote; Claire has an answer that leaves tomorrow."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(LEA, subject="Mon sirop")

    def scheduled(self, draft: Draft | None = None, **options: Any) -> Draft:
        draft = draft or self.reply(self.conversation, "C’est prêt.")
        version = self.now().version if draft.conversation_id else None
        values: dict[str, Any] = {"by": draft.author, "at": timezone.now() + HOURS, "version": version}
        return schedule(draft, **{**values, **options})

    def now(self) -> Conversation:
        return Conversation.objects.get(pk=self.conversation.pk)

    def stored(self, draft: Draft) -> Draft:
        return Draft.objects.get(pk=draft.pk)

    def time_comes(self, draft: Draft) -> None:
        """The night is over, and the worker was woken."""
        Draft.objects.filter(pk=draft.pk).update(leaves_at=timezone.now() - timedelta(seconds=1))
        leave_due()

    def stopped(self, draft: Draft, why: str) -> None:
        """It did not leave: its author has it again and is told why, and the conversation is to be dealt with."""
        back = self.stored(draft)
        self.assertEqual((back.state, back.text), (DraftState.OPEN, draft.text))
        self.assertIn(why, back.return_note or "")
        self.assertEqual(Delivery.objects.count(), 0)
        here = self.now()
        self.assertEqual((here.state, here.scheduled), (ConversationState.OPEN, 0))
        self.assertIn(why, Message.objects.get(what="stopped").headers["why"])
        self.assertIsNone(next_departure())


class Leaving(LaterTestCase):
    def test_it_leaves_at_its_time_and_not_before(self) -> None:
        draft = self.scheduled()

        leave_due()
        self.assertEqual(Delivery.objects.count(), 0)
        self.assertEqual(self.now().scheduled, 1)
        self.time_comes(draft)
        leave_due()
        delivery = Delivery.objects.get()
        self.wait(seconds=10)

        self.assertEqual(self.after_work(delivery).state, "sent")
        self.assertEqual(self.arrived(), [LEA])
        self.assertEqual((self.now().scheduled, self.now().submitted), (0, 0))
        message = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual((message.author, message.text), (self.claire, "C’est prêt."))
        # A day counts from the moment to leave, not from when it was written.
        self.assertGreater(
            Message.objects.get(kind=MessageKind.SENT).at, draft.scheduled_at or timezone.now()
        )

    def test_the_day_after_which_it_is_given_up_begins_when_it_leaves(self) -> None:
        draft = self.scheduled(at=timezone.now() + timedelta(days=30))
        self.time_comes(draft)
        delivery = Delivery.objects.get()
        self.assertGreater(delivery.give_up_at, timezone.now() + timedelta(hours=23))

    def test_it_is_asked_for_in_the_transaction_that_holds_it_and_again_at_night(self) -> None:
        at = timezone.now() + HOURS
        self.scheduled(at=at)
        woken = Wakeup.objects.using(OWNER).filter(what="later")
        self.assertEqual(woken.get().due_at, at)
        woken.all().delete()

        wake_what_is_due()

        self.assertEqual(woken.get().due_at, at)

    def test_a_mailbox_that_is_paused_keeps_it_in_the_queue(self) -> None:
        draft = self.scheduled()
        Mailbox.objects.update(state=MailboxState.PAUSED)
        self.time_comes(draft)
        self.assertEqual(Delivery.objects.get().state, "queued")

    def test_a_second_click_finds_it_there_and_a_passed_hour_is_refused(self) -> None:
        draft = self.reply(self.conversation)
        with self.assertRaises(BadTime):
            self.scheduled(draft, at=timezone.now() - timedelta(hours=1))
        first = self.scheduled(draft)
        self.assertEqual(self.scheduled(draft), first)
        self.assertEqual(Entry.objects.filter(event="message:schedule").count(), 1)

    def test_what_could_not_leave_now_is_refused_at_once(self) -> None:
        with self.assertRaises(Refused):
            self.scheduled(self.letter("quelqun@ailleurs.example"))
        with self.assertRaises(NeedsPharmacist):
            self.scheduled(self.reply(self.conversation, by=self.karim))

    def test_scheduling_is_a_move_that_stops_a_colleagues_answer_and_is_stopped_by_one(self) -> None:
        theirs = self.reply(self.conversation, "Moi aussi.", by=self.nadia)
        seen = self.now().version
        self.scheduled()
        with self.assertRaises(StaleVersion):
            schedule(theirs, by=self.nadia, at=timezone.now() + HOURS, version=seen)

    def test_a_new_message_to_a_professional_begins_its_conversation_when_it_leaves(self) -> None:
        draft = self.scheduled(self.letter(DOCTOR, subject="Un renouvellement"))
        self.assertEqual(Conversation.objects.count(), 1)
        self.time_comes(draft)
        self.assertEqual(Conversation.objects.exclude(pk=self.conversation.pk).get().message_count, 1)

    def test_once_left_it_is_taken_back_like_any_other(self) -> None:
        draft = self.scheduled()
        self.time_comes(draft)
        undo(Delivery.objects.get(), by=self.claire)
        self.assertEqual(self.stored(draft).state, DraftState.OPEN)


class Stopping(LaterTestCase):
    def test_the_patient_wrote_meanwhile(self) -> None:
        draft = self.scheduled()
        self.received(LEA, subject="Re: Mon sirop", text="Finalement non, merci.")

        leave_due()  # woken at once, hours before its time

        self.stopped(draft, "Le patient a écrit")
        self.assertEqual(self.now().assignees, [self.claire.pk])

    def test_a_colleague_answered_meanwhile(self) -> None:
        draft = self.scheduled()
        self.send(self.reply(self.conversation, "Passez ce soir.", by=self.nadia))
        Delivery.objects.update(state="sent")
        sent = Delivery.objects.count()
        self.time_comes(draft)
        self.assertEqual(Delivery.objects.count(), sent)
        self.assertIn("Nadia a répondu", self.stored(draft).return_note or "")

    def test_a_colleague_ended_it_meanwhile(self) -> None:
        draft = self.scheduled()
        finish(self.now(), by=self.nadia, version=self.now().version)
        leave_due()
        self.stopped(draft, "Nadia a terminé")

    def test_who_scheduled_it_may_end_it_and_it_leaves_all_the_same(self) -> None:
        draft = self.scheduled()
        finish(self.now(), by=self.claire, version=self.now().version)
        self.time_comes(draft)
        self.assertEqual(Delivery.objects.count(), 1)

    def test_what_moves_nothing_of_the_exchange_stops_nothing(self) -> None:
        draft = self.scheduled()
        assign(self.now(), to=self.karim, by=self.nadia, version=self.now().version)
        leave_due()
        self.assertEqual(self.stored(draft).state, DraftState.SCHEDULED)

    def test_joined_to_another_exchange_of_the_patient_it_leaves_from_there_at_its_time(self) -> None:
        draft, other = self.scheduled(), self.received(LEA, subject="Ma crème")
        kept = join(
            self.now(), into=other, by=self.claire, other_version=self.now().version, version=other.version
        )
        leave_due()
        self.assertEqual(self.stored(draft).state, DraftState.SCHEDULED)
        self.assertEqual(Conversation.objects.get(pk=other.pk).scheduled, 1)

        self.time_comes(draft)

        self.assertEqual(Message.objects.get(kind=MessageKind.SENT).conversation, other)
        self.assertEqual(Conversation.objects.get(pk=other.pk).scheduled, 0)
        with self.assertRaises(StaleVersion):
            undo_join(kept, by=self.claire)

    def test_the_domain_left_the_trust_space_meanwhile(self) -> None:
        draft = self.scheduled(self.letter(COLLEAGUE))
        distrust(COLLEAGUE.partition("@")[2])
        self.time_comes(draft)
        self.assertEqual(Delivery.objects.count(), 0)
        self.assertIn("espace de confiance", self.stored(draft).return_note or "")
        self.assertEqual(self.stored(draft).state, DraftState.OPEN)

    def test_who_scheduled_it_has_left_the_team_so_it_waits_for_a_pharmacist(self) -> None:
        draft = self.scheduled()
        User.objects.filter(pk=self.claire.pk).update(active=False)
        self.time_comes(draft)
        self.assertEqual(Delivery.objects.count(), 0)
        self.assertEqual(self.stored(draft).state, DraftState.SUBMITTED)
        self.assertEqual(self.now().submitted, 1)

    def test_words_typed_since_are_kept_beside_those_that_came_back(self) -> None:
        draft = self.scheduled()
        self.reply(self.conversation, "Autre chose.")
        self.received(LEA, subject="Re: Mon sirop")
        leave_due()
        kept = Draft.objects.get(state=DraftState.OPEN, author=self.claire)
        self.assertIn(draft.text, kept.text)
        self.assertIn("Autre chose.", kept.text)


class Changing(LaterTestCase):
    def test_its_hour_is_changed_until_it_leaves(self) -> None:
        draft = self.scheduled()
        change_time(draft, by=self.nadia, at=timezone.now())
        leave_due()
        self.assertEqual(Delivery.objects.count(), 1)
        with self.assertRaises(NotScheduled):
            change_time(draft, by=self.nadia, at=timezone.now() + HOURS)

    def test_who_may_not_send_does_not_change_a_pharmacists_hour(self) -> None:
        with self.assertRaises(NeedsPharmacist):
            change_time(self.scheduled(), by=self.karim, at=timezone.now())

    def test_called_off_the_words_are_a_draft_again(self) -> None:
        draft = self.scheduled()
        opened = call_off(draft, by=self.claire)
        self.assertEqual((opened.state, opened.text, self.now().scheduled), ("open", draft.text, 0))

    def test_called_off_by_a_colleague_they_stand_where_all_see_them(self) -> None:
        call_off(self.scheduled(), by=self.karim)
        self.assertEqual((self.now().scheduled, self.now().submitted), (0, 1))


class Approved(LaterTestCase):
    def setUp(self) -> None:
        super().setUp()
        written = self.reply(self.conversation, "C’est prêt.", by=self.karim)
        self.draft = submit(written, by=self.karim, version=self.now().version)

    def approve(self, by: User) -> Draft:
        return approve_later(self.draft, by=by, at=timezone.now() + HOURS, version=self.now().version)

    def test_a_pharmacist_lets_it_leave_later_under_both_names(self) -> None:
        self.approve(self.claire)
        self.assertEqual((self.now().submitted, self.now().scheduled), (0, 1))
        self.time_comes(self.draft)
        message = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual((message.author, message.released_by), (self.karim, self.claire))

    def test_karim_does_not(self) -> None:
        with self.assertRaises(NeedsPharmacist):
            self.approve(self.karim)

    def test_stopped_it_waits_for_a_pharmacist_again(self) -> None:
        self.approve(self.claire)
        self.received(LEA, subject="Re: Mon sirop")
        leave_due()
        self.assertEqual(self.stored(self.draft).state, DraftState.SUBMITTED)
        self.assertEqual((self.now().submitted, self.now().scheduled), (1, 0))

    def test_a_pharmacist_who_is_none_any_more_lets_nothing_leave(self) -> None:
        self.approve(self.claire)
        User.objects.filter(pk=self.claire.pk).update(role="preparateur")
        self.time_comes(self.draft)
        self.assertEqual(Delivery.objects.count(), 0)
        self.assertEqual(self.stored(self.draft).state, DraftState.SUBMITTED)
