"""Tests of whose work a conversation is: one person's, several people's, nobody's; and of those who leave."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations import actions
from portal.conversations.access import get_conversation
from portal.conversations.assignees import assignees
from portal.conversations.assigning import return_to_pool
from portal.conversations.counters import counts
from portal.conversations.listing import View, page
from portal.conversations.models import Conversation, CounterKind
from portal.team.actions import deactivate, set_last_day
from portal.team.models import User
from tests.conversations.mails import received
from tests.conversations.test_actions import Team
from tests.inbound.letters import LEA


class Sharing(Team):
    def given_to(self, *people: User) -> Conversation:
        changed = self.conversation()
        for person in people:
            changed = actions.assign_also(changed, to=person, by=self.nadia, version=changed.version)
        return changed

    def mine(self, user: User) -> list[object]:
        return [row.pk for row in page(user, View.MINE).rows]

    def test_what_two_people_have_is_in_the_list_of_each(self) -> None:
        shared = self.given_to(self.karim, self.claire)

        self.assertEqual((self.mine(self.karim), self.mine(self.claire)), ([shared.pk], [shared.pk]))
        self.assertEqual(counts(self.claire.id)[CounterKind.MINE], 1)
        (row,) = page(self.nadia, View.OPEN).rows
        with self.assertNumQueries(0):
            names = [each.display_name for each in assignees(row)]
        self.assertEqual(names, ["Karim Belkacem", "Claire Moulin"])
        self.assertEqual(
            [each.id for each in assignees(get_conversation(self.nadia, shared.pk))], row.assignees
        )

    def test_one_of_two_gives_it_up_and_the_other_keeps_it(self) -> None:
        shared = self.given_to(self.karim, self.claire)

        actions.unassign(shared, who=self.karim.pk, by=self.karim, version=shared.version)

        self.assertEqual((self.mine(self.karim), self.mine(self.claire)), ([], [shared.pk]))
        self.assertEqual(self.events(shared)[-1], ("unassigned", "Karim Belkacem", "Karim Belkacem"))

    def test_given_to_one_person_it_is_hers_alone(self) -> None:
        shared = self.given_to(self.karim, self.claire)

        actions.assign(shared, to=self.nadia, by=self.nadia, version=shared.version)

        self.assertEqual(Conversation.objects.get().assignees, [self.nadia.pk])

    def test_added_twice_it_is_hers_once(self) -> None:
        once = self.given_to(self.karim)

        again = actions.assign_also(once, to=self.karim, by=self.nadia, version=once.version)

        self.assertEqual((again.assignees, again.version), ([self.karim.pk], once.version))

    def test_what_nobody_has_is_a_view_with_its_count(self) -> None:
        self.given_to(self.karim)
        free = Conversation.objects.get(pk=received(self.box, LEA, "Autre").conversation_id)

        self.assertEqual([row.pk for row in page(self.nadia, View.UNASSIGNED).rows], [free.pk])
        self.assertEqual(counts(self.nadia.id)[CounterKind.UNASSIGNED], 1)


class Leaving(Team):
    """Their conversations go back to the team, and say so."""

    def shared(self) -> Conversation:
        alone = self.conversation()
        actions.assign(alone, to=self.karim, by=self.nadia, version=alone.version)
        return alone

    def test_the_work_of_who_leaves_returns_to_the_team(self) -> None:
        alone = self.shared()
        other = Conversation.objects.get(pk=received(self.box, LEA, "Autre").conversation_id)
        other = actions.assign(other, to=self.karim, by=self.nadia, version=other.version)
        other = actions.assign_also(other, to=self.claire, by=self.nadia, version=other.version)
        actions.wait(other, on="patient", by=self.claire, version=other.version)

        deactivate(self.karim, by=self.nadia, now=timezone.now())
        return_to_pool()

        alone.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((alone.assignees, other.assignees), ([], [self.claire.pk]))
        self.assertEqual(counts(self.nadia.id)[CounterKind.UNASSIGNED], 1)
        self.assertEqual(self.events(alone)[-1], ("unassigned", "", "Karim Belkacem"))
        self.assertEqual(Entry.objects.filter(detail=f"gone={self.karim.pk}").count(), 2)

    def test_the_day_after_the_last_one_is_no_different(self) -> None:
        alone = self.shared()
        set_last_day(self.karim, to=timezone.localdate(), by=self.nadia)
        return_to_pool()
        alone.refresh_from_db()
        self.assertEqual(alone.assignees, [self.karim.pk])

        User.objects.filter(pk=self.karim.pk).update(active_until=timezone.localdate() - timedelta(days=1))
        return_to_pool()

        alone.refresh_from_db()
        self.assertEqual(alone.assignees, [])

    def test_a_finished_conversation_that_comes_back_is_nobodys_who_left(self) -> None:
        alone = self.shared()
        alone.refresh_from_db()
        actions.finish(alone, by=self.karim, version=alone.version)
        User.objects.filter(pk=self.karim.pk).update(active=False)
        return_to_pool()
        self.assertEqual(Conversation.objects.get().assignees, [self.karim.pk])

        received(self.box)

        self.assertEqual(Conversation.objects.get().assignees, [])
