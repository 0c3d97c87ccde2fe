"""Tests of who has read what: bold is mine, the dot is everybody's, and neither is moved by the team's own acts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations import actions, notes
from portal.conversations.access import get_conversation
from portal.conversations.listing import View, page
from portal.conversations.models import Conversation, ReadMark
from portal.conversations.reading import is_unread, mark_unread, readers
from portal.lib.ids import uuid7
from portal.team.models import User
from portal.web.inbox.readers import readers_in
from tests.conversations.mails import received, sent
from tests.conversations.test_actions import Team
from tests.inbound.letters import LEA


class Reading(Team):
    def unread(self, user: User) -> bool:
        (row,) = page(user, View.OPEN).rows
        return is_unread(row, user, read=row.__dict__["read"])

    def untouched(self) -> bool:
        return Conversation.objects.get().unopened

    def opens(self, user: User) -> Conversation:
        conversation = get_conversation(user, Conversation.objects.get().pk)
        actions.mark_opened(conversation, by=user)
        return conversation

    def test_what_one_has_read_stays_bold_for_the_others(self) -> None:
        self.conversation()
        self.assertTrue(self.unread(self.karim) and self.unread(self.claire) and self.untouched())

        self.opens(self.karim)

        self.assertEqual((self.unread(self.karim), self.unread(self.claire)), (False, True))
        self.assertFalse(self.untouched())

    def test_the_next_message_is_unread_again_by_all(self) -> None:
        self.conversation(sender=LEA)
        self.opens(self.karim)
        self.opens(self.claire)

        received(self.box, sender=LEA, at=timezone.now() + timedelta(minutes=1))

        self.assertTrue(self.unread(self.karim) and self.unread(self.claire) and self.untouched())

    def test_what_reached_the_operator_before_one_looked_and_us_after_is_unread(self) -> None:
        self.conversation(sender=LEA)
        self.opens(self.karim)

        late = received(self.box, sender=LEA, at=timezone.now() - timedelta(seconds=25))

        self.assertTrue(self.unread(self.karim))
        conversation = get_conversation(self.nadia, Conversation.objects.get().pk)
        self.assertEqual(readers_in(conversation, [self.karim], self.nadia).of(late), "")

    def test_internal_action_marks_unread_for_nobody(self) -> None:
        conversation = self.conversation()
        self.opens(self.karim)

        changed = actions.assign(conversation, to=self.claire, by=self.nadia, version=conversation.version)
        notes.add_note(changed, note_id=uuid7(), text="À rappeler.", by=self.nadia)
        sent(changed, self.box, self.nadia, LEA)

        self.assertFalse(self.unread(self.karim))
        self.assertFalse(self.untouched())

    def test_reading_takes_nothing_out_of_what_is_to_do(self) -> None:
        conversation = self.conversation()

        self.opens(self.karim)

        self.assertEqual([row.pk for row in page(self.karim, View.OPEN).rows], [conversation.pk])

    def test_reading_again_writes_no_second_mark(self) -> None:
        self.conversation()
        self.opens(self.karim)
        first = ReadMark.objects.get()

        self.opens(self.karim)

        self.assertEqual(ReadMark.objects.get().at, first.at)

    def test_the_readers_come_with_the_conversation(self) -> None:
        self.conversation()
        self.opens(self.karim)
        self.opens(self.claire)

        found = readers(get_conversation(self.nadia, Conversation.objects.get().pk))

        self.assertEqual([reader.user_id for reader in found], [self.karim.pk, self.claire.pk])

    def test_who_just_read_it_is_among_them_without_asking_again(self) -> None:
        self.conversation()
        self.opens(self.karim)
        conversation = self.opens(self.claire)

        with self.assertNumQueries(0):
            found = readers(conversation)

        self.assertEqual([reader.user_id for reader in found], [self.karim.pk, self.claire.pk])

    def test_marked_unread_it_is_bold_for_oneself_alone(self) -> None:
        self.conversation()
        self.opens(self.karim)
        conversation = self.opens(self.claire)

        mark_unread(conversation, by=self.claire)

        self.assertEqual((self.unread(self.karim), self.unread(self.claire)), (False, True))
        self.assertEqual(Conversation.objects.get().version, conversation.version)
        self.assertEqual(Entry.objects.filter(event="conversation:unread").count(), 1)

    def test_a_newcomer_is_not_met_by_what_was_read_before_her_time(self) -> None:
        self.conversation()
        self.opens(self.karim)
        self.claire.created_at = timezone.now() + timedelta(days=1)
        self.claire.save()

        self.assertFalse(self.unread(self.claire))

    def test_a_machine_whose_clock_is_behind_reads_all_the_same(self) -> None:
        self.conversation(at=timezone.now() + timedelta(minutes=5))

        self.opens(self.karim)

        self.assertFalse(self.unread(self.karim))
