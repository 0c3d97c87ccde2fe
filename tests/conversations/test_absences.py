"""Whoever is away has no open work: it goes back to the team, and nothing that comes back goes to her."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from portal.conversations import actions
from portal.conversations.assigning import NotAssignable, return_to_pool
from portal.conversations.models import Conversation, ConversationState, Message
from portal.conversations.scheduled import count_stopped
from portal.conversations.submissions import count_sent_back
from portal.conversations.waiting import bring_back_due
from portal.team.absences import Backwards, announce, call_off
from portal.team.duty import next_departure
from portal.team.models import Absence, User
from portal.web.inbox.event_lines import event_line
from tests.conversations.mails import received
from tests.conversations.test_actions import Team


class Away(Team):
    def leaves(self, user: User, *, in_hours: float = -1, hours: float = 48) -> Absence:
        begins = timezone.now() + timedelta(hours=in_hours)
        return announce(
            user, begins=begins, ends=begins + timedelta(hours=hours), by=self.nadia, now=timezone.now()
        )

    def given(self, *people: User) -> Conversation:
        changed = self.conversation()
        for person in people:
            changed = actions.assign_also(changed, to=person, by=self.nadia, version=changed.version)
        return changed

    def whose(self) -> list[object]:
        return list(Conversation.objects.get().assignees)

    def test_at_its_beginning_her_open_work_goes_back_to_the_team_and_a_colleague_keeps_it(self) -> None:
        self.given(self.karim, self.claire)
        self.leaves(self.karim, in_hours=3)
        return_to_pool()
        self.assertEqual(self.whose(), [self.karim.pk, self.claire.pk])
        self.assertEqual(next_departure(timezone.localdate()), Absence.objects.get().begins)
        Absence.objects.update(begins=F("begins") - timedelta(hours=4))

        return_to_pool()

        self.assertEqual(self.whose(), [self.claire.pk])
        line = event_line(Message.objects.filter(what="unassigned").latest("at"))
        self.assertIn("Karim s’absente, retour", line.text)

    def test_it_happens_once_and_who_comes_in_all_the_same_may_take_something(self) -> None:
        self.leaves(self.karim)
        return_to_pool()
        taken = self.conversation()
        actions.assign(taken, to=self.karim, by=self.karim, version=taken.version)
        return_to_pool()
        self.assertEqual(self.whose(), [self.karim.pk])

    def test_nobody_gives_work_to_who_is_away(self) -> None:
        absence = self.leaves(self.karim)
        conversation = self.conversation()
        with self.assertRaises(NotAssignable):
            actions.assign(conversation, to=self.karim, by=self.nadia, version=conversation.version)
        call_off(absence.pk, of=self.karim, by=self.karim)
        actions.assign(conversation, to=self.karim, by=self.nadia, version=conversation.version)

    def test_an_absence_that_is_over_or_runs_backwards_is_none(self) -> None:
        with self.assertRaises(Backwards):
            self.leaves(self.karim, in_hours=-5, hours=4)
        self.assertFalse(Absence.objects.exists())

    def test_what_comes_back_never_goes_to_who_is_away(self) -> None:
        """Reopened by hand, its hour has come, a send failed, the patient answered: nobody's, each time."""

        def reopened(conversation: Conversation) -> None:
            actions.reopen(conversation, by=self.nadia, version=conversation.version)

        def hour(conversation: Conversation) -> None:
            Conversation.objects.update(snoozed_until=timezone.now() - timedelta(minutes=1))
            bring_back_due()

        def failed(conversation: Conversation) -> None:
            actions.mark_failed(conversation)

        def answered(conversation: Conversation) -> None:
            received(self.box)

        for comes_back in (reopened, hour, failed, answered):
            with self.subTest(comes_back.__name__):
                Absence.objects.all().delete()
                conversation = self.given(self.karim)
                until = timezone.now() + timedelta(hours=1)
                actions.wait(
                    conversation,
                    on=ConversationState.LATER,
                    until=until,
                    by=self.karim,
                    version=conversation.version,
                )
                self.leaves(self.karim)
                return_to_pool()
                conversation.refresh_from_db()
                self.assertEqual(self.whose(), [self.karim.pk])  # it waits: he may be back before it is

                comes_back(conversation)

                found = Conversation.objects.get()
                self.assertEqual((found.state, found.assignees), ("open", []))

    def test_nor_a_scheduled_send_that_was_stopped_nor_words_that_are_sent_back(self) -> None:
        conversation = self.conversation()
        self.leaves(self.karim)
        Conversation.objects.update(scheduled=1, submitted=1)
        self.assertEqual(count_stopped(conversation.pk, to=self.karim, why="").assignees, [])
        self.assertEqual(count_sent_back(conversation.pk, to=self.karim, by=self.nadia).assignees, [])
