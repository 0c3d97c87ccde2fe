"""Tests of the figures of the mailbox: each is what went through, no more and no less."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine

from portal.conversations.models import Conversation, ConversationKind, Message
from portal.conversations.statistics import statistics
from portal.mailboxes.models import MailboxKind
from tests.base import PharmacyTestCase
from tests.conversations.mails import received, sent
from tests.inbound.letters import LEA, MARTIN
from tests.mailboxes.boxes import open_box

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=PARIS)


class Figures(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def arrives(self, at: datetime, sender: str = LEA, **options: object) -> Conversation:
        """A mail at this moment; its key is made then too."""
        with time_machine.travel(at, tick=False):
            message = received(self.box, sender, at=at, **options)
        return Conversation.objects.get(pk=message.conversation_id)

    def answered(self, conversation: Conversation, at: datetime) -> Message:
        with time_machine.travel(at, tick=False):
            return sent(conversation, self.box, self.nadia, LEA, at=at, message_id=f"{at.timestamp()}@soleil")

    def test_each_day_counts_what_came_and_what_left_by_the_clock_of_the_pharmacy(self) -> None:
        just_before_midnight = datetime(2026, 11, 26, 23, 50, tzinfo=PARIS)
        conversation = self.arrives(just_before_midnight)
        self.answered(conversation, just_before_midnight + timedelta(minutes=20))

        with time_machine.travel(NOON, tick=False):
            found = statistics(7)

        days = {each.day.day: (each.received, each.sent) for each in found.days}
        self.assertEqual((len(days), days[26], days[27], days[21]), (7, (1, 0), (0, 1), (0, 0)))
        self.assertEqual((found.hours[23], sum(found.hours)), (1, 1))

    def test_what_came_before_the_period_is_not_in_it(self) -> None:
        self.arrives(NOON - timedelta(days=8))

        with time_machine.travel(NOON, tick=False):
            found = statistics(7)

        self.assertEqual(sum(each.received for each in found.days), 0)
        self.assertEqual((found.answers.none, found.answers.median, found.ages), (0, None, (0, 0, 0, 0, 1)))

    def test_a_first_answer_counts_from_the_first_message_and_a_missing_one_is_said(self) -> None:
        quick = self.arrives(NOON - timedelta(hours=5))
        self.answered(quick, NOON - timedelta(hours=4, minutes=40))
        self.answered(quick, NOON)
        slow = self.arrives(NOON - timedelta(days=2), MARTIN, subject="Autre")
        self.answered(slow, NOON)
        self.arrives(NOON - timedelta(hours=1), f"b{MARTIN}", subject="Encore")

        with time_machine.travel(NOON, tick=False):
            answers = statistics(7).answers

        self.assertEqual((answers.within, answers.none), ((1, 0, 0, 0, 1), 1))
        self.assertEqual(answers.median, (timedelta(minutes=20) + timedelta(days=2)) / 2)

    def test_origins_and_ages_are_those_of_the_open_ones(self) -> None:
        self.arrives(NOON - timedelta(hours=1))
        self.arrives(NOON - timedelta(hours=30), MARTIN)

        with time_machine.travel(NOON, tick=False):
            found = statistics(7)

        origins = (found.origins[ConversationKind.PATIENT], found.origins[ConversationKind.PROFESSIONAL])
        self.assertEqual((origins, found.ages), ((1, 1), (1, 0, 1, 0, 0)))

    def test_nobodys_own_mailbox_is_counted(self) -> None:
        own = open_box("nadia@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.nadia)
        with time_machine.travel(NOON, tick=False):
            received(own, LEA, at=NOON)
            found = statistics(7)

        self.assertEqual((sum(found.hours), found.ages, found.answers.none), (0, (0,) * 5, 0))

    def test_it_takes_five_statements(self) -> None:
        self.arrives(NOON)

        with time_machine.travel(NOON, tick=False), self.assertNumQueries(5):
            statistics(90)
