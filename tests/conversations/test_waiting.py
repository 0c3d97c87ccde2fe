"""Tests that what waits is out of the way, and comes back with an answer, at its hour, or when something failed."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations import actions
from portal.conversations.access import get_conversation
from portal.conversations.actions import NotLater, StaleVersion
from portal.conversations.counters import counts
from portal.conversations.listing import View, page
from portal.conversations.models import Back, Conversation, ConversationState, CounterKind
from portal.conversations.reading import is_unread
from portal.conversations.waiting import bring_back_due
from portal.conversations.withdrawal import withdraw_sent
from tests.conversations.mails import received, sent
from tests.conversations.test_actions import Team
from tests.inbound.letters import LEA

PATIENT, PRESCRIBER, LATER = (
    ConversationState.PATIENT,
    ConversationState.PRESCRIBER,
    ConversationState.LATER,
)


class Waiting(Team):
    def waiting(self, on: ConversationState = PATIENT, *, hours: int | None = None) -> Conversation:
        conversation = self.conversation()
        until = timezone.now() + timedelta(hours=hours) if hours else None
        return actions.wait(conversation, on=on, until=until, by=self.karim, version=conversation.version)

    def hour_comes(self) -> None:
        earlier = timezone.now() - timedelta(minutes=1)
        Conversation.objects.filter(snoozed_until__isnull=False).update(snoozed_until=earlier)
        bring_back_due()

    def listed(self, view: View) -> int:
        return len(page(self.nadia, view).rows)

    def test_what_waits_is_in_a_view_of_its_own_with_its_count(self) -> None:
        for on in (PATIENT, PRESCRIBER, LATER):
            changed = Conversation.objects.first() or self.conversation()
            changed = actions.wait(changed, on=on, by=self.karim, version=changed.version)
            with self.subTest(on=on):
                self.assertEqual((self.listed(View.OPEN), self.listed(View.WAITING)), (0, 1))
                found = counts(self.nadia.id)
                self.assertEqual((found[CounterKind.OPEN], found[CounterKind.WAITING]), (0, 1))
        self.assertEqual(
            [what for what, _, _ in self.events(changed)], ["awaits-patient", "awaits-prescriber", "snoozed"]
        )
        self.assertEqual(Entry.objects.filter(event="conversation:snooze").count(), 3)

    def test_the_answer_that_was_waited_for_brings_it_back_and_says_so(self) -> None:
        self.waiting(hours=5)

        received(self.box)

        (back,) = page(self.nadia, View.OPEN).rows
        self.assertEqual((back.back, back.snoozed_until, self.listed(View.WAITING)), (Back.ANSWER, None, 0))
        self.assertEqual(self.events(back)[-1], ("answered", "", ""))

    def test_at_its_hour_it_comes_back_by_itself(self) -> None:
        self.waiting(LATER, hours=2)
        bring_back_due()
        self.assertEqual(self.listed(View.OPEN), 0)

        self.hour_comes()

        (back,) = page(self.nadia, View.OPEN).rows
        self.assertEqual((back.back, back.snoozed_until), (Back.TIME, None))
        self.assertEqual(self.events(back)[-1], ("returned", "", "Karim Belkacem"))
        self.assertEqual(Entry.objects.filter(event="conversation:return").count(), 1)

    def test_without_an_answer_by_then_it_comes_back_with_the_reason(self) -> None:
        self.waiting(PATIENT, hours=48)

        self.hour_comes()

        (back,) = page(self.nadia, View.OPEN).rows
        self.assertEqual(back.back, Back.SILENCE)
        self.assertEqual(self.events(back)[-1][0], "unanswered")

    def test_a_second_alarm_finds_nothing_to_do(self) -> None:
        self.waiting(LATER, hours=2)
        self.hour_comes()
        version = Conversation.objects.get().version

        bring_back_due()

        self.assertEqual(Conversation.objects.get().version, version)

    def test_once_somebody_does_something_it_is_back_no_more(self) -> None:
        self.waiting(LATER, hours=2)
        self.hour_comes()
        back = Conversation.objects.get()

        actions.assign(back, to=self.karim, by=self.karim, version=back.version)

        self.assertEqual(Conversation.objects.get().back, "")

    def test_an_hour_that_has_passed_is_refused(self) -> None:
        with self.assertRaises(NotLater):
            self.waiting(LATER, hours=-1)

    def test_a_colleagues_move_stops_it(self) -> None:
        conversation = self.conversation()
        actions.assign(conversation, to=self.claire, by=self.claire, version=conversation.version)

        with self.assertRaises(StaleVersion):
            actions.wait(conversation, on=PATIENT, by=self.karim, version=conversation.version)

    def test_internal_action_marks_unread_for_nobody_while_it_waits_and_comes_back(self) -> None:
        opened = get_conversation(self.nadia, self.waiting(LATER, hours=2).pk)
        actions.mark_opened(opened, by=self.nadia)

        self.hour_comes()

        (back,) = page(self.nadia, View.OPEN).rows
        self.assertFalse(back.unopened or is_unread(back, self.nadia, read=back.__dict__["read"]))

    def test_failed_send_hidden_in_an_ended_conversation(self) -> None:
        """It is not: ended or waiting, the conversation reopens, and is among what is to do and what failed."""
        for act in (actions.finish, self.wait_for_patient):
            conversation = self.conversation(subject=f"Envoi {act.__name__}")
            act(conversation, by=self.nadia, version=conversation.version)
            with self.subTest(act=act.__name__):
                failed = actions.mark_failed(conversation)

                self.assertEqual((failed.state, failed.failed, failed.snoozed_until), ("open", True, None))
                self.assertIn(failed.pk, [row.pk for row in page(self.karim, View.OPEN).rows])
                self.assertEqual(self.events(conversation)[-1], ("reopened", "", ""))
        self.assertEqual(counts(self.karim.id)[CounterKind.FAILED], 2)

    def test_a_failure_is_not_put_out_of_sight_by_waiting(self) -> None:
        failed = actions.mark_failed(self.conversation())

        actions.wait(failed, on=LATER, by=self.karim, version=failed.version)

        self.assertEqual(counts(self.karim.id)[CounterKind.FAILED], 1)

    def test_a_message_taken_back_takes_the_waiting_with_it(self) -> None:
        conversation = self.conversation()
        message = sent(conversation, self.box, self.claire, LEA, version=conversation.version)
        newest = Conversation.objects.get()
        actions.wait(newest, on=PATIENT, by=self.claire, version=newest.version)

        with transaction.atomic():
            withdraw_sent(message, by=self.claire)

        self.assertEqual((self.listed(View.OPEN), self.listed(View.WAITING)), (1, 0))
        self.assertEqual(self.events(conversation)[-1], ("reopened", "Claire Moulin", ""))

    def wait_for_patient(self, conversation: Conversation, **seen: object) -> Conversation:
        until = timezone.now() + timedelta(days=2)
        return actions.wait(conversation, on=PATIENT, until=until, **seen)
