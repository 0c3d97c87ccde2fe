"""Tests of what the team does, of who may see it, and of counts that always agree with the rows."""

from __future__ import annotations

from unittest import mock
from uuid import uuid4

from django.db.models import Count, Q
from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations import actions, listing
from portal.conversations.access import NotVisible, get_attachment, get_conversation, get_message
from portal.conversations.actions import NotAssignable, StaleVersion
from portal.conversations.assignees import assignees
from portal.conversations.counters import counts
from portal.conversations.listing import Cursor, View, beside, newer_than, page
from portal.conversations.models import WAITING, Conversation, CounterKind, Message
from portal.conversations.thread import files_of, thread
from portal.lib.prepared import prepared
from portal.mailboxes.models import Mailbox, MailboxKind
from portal.team.models import User
from tenants.context import inside
from tests.base import PharmacyTestCase
from tests.conversations.mails import FILE, days, received, sent
from tests.inbound.letters import LEA, MARTIN
from tests.mailboxes.boxes import open_box


class Team(PharmacyTestCase):
    box: Mailbox

    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def conversation(self, **options: object) -> Conversation:
        return Conversation.objects.get(pk=received(self.box, **options).conversation_id)

    def events(self, conversation: Conversation) -> list[tuple[str, str, str]]:
        return [
            (m.what, m.author.display_name if m.author else "", m.about.display_name if m.about else "")
            for m in thread(conversation.pk)
            if m.kind == "event"
        ]

    def tearDown(self) -> None:
        """Whatever a test did, each count is what the rows say."""
        rows = Conversation.objects.aggregate(
            open=Count("pk", Q(state="open")),
            mine=Count("pk", Q(state="open", assignees__contains=[self.karim.pk])),
            unassigned=Count("pk", Q(state="open", assignees=[])),
            waiting=Count("pk", Q(state__in=WAITING)),
            unopened=Count("pk", Q(unopened=True)),
            failed=Count("pk", Q(failed=True)),
        )
        shared = {kind: n for kind, n in counts(self.karim.id).items() if kind in rows}
        self.assertEqual(shared, rows)
        super().tearDown()


class Acting(Team):
    def test_an_assigned_conversation_is_in_its_persons_list(self) -> None:
        conversation = self.conversation()

        actions.assign(conversation, to=self.karim, by=self.nadia, version=conversation.version)

        self.assertEqual([c.pk for c in page(self.karim, View.MINE).rows], [conversation.pk])
        self.assertEqual(page(self.nadia, View.MINE).rows, [])
        self.assertEqual(counts(self.karim.id)[CounterKind.MINE], 1)
        self.assertEqual(self.events(conversation), [("assigned", "Nadia Benali", "Karim Belkacem")])
        entry = Entry.objects.get(event="conversation:assign")
        self.assertEqual((entry.actor, entry.detail), (self.nadia.id, f"to={self.karim.id} shared=0"))

    def test_assigning_again_moves_it_and_to_nobody_frees_it(self) -> None:
        conversation = self.conversation()
        once = actions.assign(conversation, to=self.karim, by=self.nadia, version=1)
        twice = actions.assign(once, to=self.claire, by=self.karim, version=once.version)

        free = actions.assign(twice, to=None, by=self.claire, version=twice.version)

        self.assertEqual(free.assignees, [])
        self.assertEqual(counts(self.claire.id)[CounterKind.MINE], 0)
        self.assertEqual(len(self.events(conversation)), 3)

    def test_assigning_to_the_same_person_changes_nothing(self) -> None:
        once = actions.assign(self.conversation(), to=self.karim, by=self.nadia, version=1)

        again = actions.assign(once, to=self.karim, by=self.claire, version=once.version)

        self.assertEqual(again.version, once.version)
        self.assertEqual(len(self.events(once)), 1)

    def test_nobody_who_left_is_given_work(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(active=False)
        self.karim.refresh_from_db()

        with self.assertRaises(NotAssignable):
            actions.assign(self.conversation(), to=self.karim, by=self.nadia, version=1)

    def test_a_colleagues_move_stops_mine(self) -> None:
        conversation = self.conversation()
        seen = conversation.version
        actions.assign(conversation, to=self.karim, by=self.karim, version=seen)

        for move in (actions.finish, actions.reopen):
            with self.assertRaises(StaleVersion):
                move(conversation, by=self.nadia, version=seen)
        with self.assertRaises(StaleVersion):
            actions.assign(conversation, to=self.nadia, by=self.nadia, version=seen)
        with self.assertRaises(StaleVersion):
            sent(conversation, self.box, self.nadia, LEA, version=seen)
        self.assertEqual(Message.objects.filter(kind="out").count(), 0)

    def test_a_mail_that_came_in_meanwhile_stops_mine(self) -> None:
        conversation = self.conversation()

        received(self.box)

        with self.assertRaises(StaleVersion):
            actions.finish(conversation, by=self.nadia, version=conversation.version)

    def test_finished_and_reopened(self) -> None:
        conversation = self.conversation()

        done = actions.finish(conversation, by=self.nadia, version=1)
        self.assertEqual([c.pk for c in page(self.nadia, View.DONE).rows], [done.pk])
        self.assertEqual(page(self.nadia, View.OPEN).rows, [])
        opened = actions.reopen(done, by=self.karim, version=done.version)

        self.assertEqual((opened.state, opened.version), ("open", 3))
        self.assertEqual([what for what, _, _ in self.events(done)], ["finished", "reopened"])

    def test_reading_is_journalled_each_time_and_stops_nobody(self) -> None:
        conversation = self.conversation()

        for person in (self.nadia, self.karim):
            actions.mark_opened(get_conversation(person, conversation.pk), by=person)

        self.assertEqual(Entry.objects.filter(event="conversation:open").count(), 2)
        self.assertEqual(counts(self.nadia.id)[CounterKind.UNOPENED], 0)
        actions.finish(conversation, by=self.claire, version=conversation.version)

    def test_a_mail_that_came_while_reading_stays_new(self) -> None:
        conversation = self.conversation()
        received(self.box)

        actions.mark_opened(conversation, by=self.nadia)

        self.assertEqual(counts(self.nadia.id)[CounterKind.UNOPENED], 1)

    def test_a_failed_send_reopens_what_was_done(self) -> None:
        done = actions.finish(self.conversation(), by=self.nadia, version=1)

        failed = actions.mark_failed(done)

        self.assertEqual((failed.state, failed.failed), ("open", True))
        self.assertEqual(counts(self.karim.id)[CounterKind.FAILED], 1)
        self.assertEqual(self.events(done)[-1], ("reopened", "", ""))
        actions.clear_failed(failed)
        self.assertEqual(counts(self.karim.id)[CounterKind.FAILED], 0)

    def test_an_answer_is_in_the_thread_and_among_the_sent(self) -> None:
        conversation = self.conversation()

        message = sent(conversation, self.box, self.claire, LEA, version=1)

        self.assertEqual([m.pk for m in thread(conversation.pk)][-1], message.pk)
        row = page(self.karim, View.SENT).rows[0]
        self.assertEqual((row.snippet, row.message_count, row.version), ("C’est prêt.", 2, 2))

    def test_a_new_message_begins_a_conversation_that_its_author_keeps(self) -> None:
        message = sent(None, self.box, self.karim, MARTIN, subject="Renouvellement")

        conversation = get_conversation(self.nadia, message.conversation_id)
        self.assertEqual((conversation.assignees, conversation.unopened), ([self.karim.pk], False))
        self.assertEqual((conversation.kind, conversation.subject), ("professional", "Renouvellement"))

    def test_a_late_mail_does_not_hide_the_newest_words(self) -> None:
        received(self.box, text="Le plus récent")

        received(self.box, text="Arrivé en retard", at=timezone.now() - days(3))

        row = page(self.nadia, View.OPEN).rows[0]
        self.assertEqual((row.snippet, row.message_count), ("Le plus récent", 2))


class Seeing(Team):
    def setUp(self) -> None:
        super().setUp()
        self.own = open_box("claire@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        message = received(self.own, f"Dr Martin <{MARTIN}>", subject="Personnel", files=(FILE,))
        self.ids = (message.conversation_id, message.pk, message.attachments.get().pk)

    def tearDown(self) -> None:
        Conversation.objects.filter(mailbox=self.own).update(state="done", unopened=False)
        super().tearDown()

    def doors(self, user: User) -> list[bool]:
        opened = []
        for door, key in zip((get_conversation, get_message, get_attachment), self.ids, strict=True):
            try:
                opened.append(door(user, key).pk == key)
            except NotVisible:
                opened.append(False)
        return opened

    def test_a_personal_mailbox_is_its_owners_alone(self) -> None:
        self.assertEqual(self.doors(self.claire), [True] * 3)
        self.assertEqual(self.doors(self.nadia), [False] * 3)
        self.assertEqual(len(page(self.claire, View.OPEN).rows), 1)
        self.assertEqual(page(self.nadia, View.OPEN).rows, [])
        self.assertEqual(counts(self.claire.id)[CounterKind.OPEN], 1)
        self.assertEqual(counts(self.nadia.id)[CounterKind.OPEN], 0)

    def test_its_conversations_are_given_to_nobody_else(self) -> None:
        conversation = get_conversation(self.claire, self.ids[0])

        with self.assertRaises(NotAssignable):
            actions.assign(conversation, to=self.nadia, by=self.claire, version=1)

    def test_what_does_not_exist_looks_the_same(self) -> None:
        for door in (get_conversation, get_message, get_attachment):
            self.assertRaises(NotVisible, door, self.nadia, uuid4())

    def test_a_stranger_of_the_other_pharmacy_sees_nothing(self) -> None:
        shared = received(self.box, files=(FILE,))

        with inside(self.gare):
            hugo = User.objects.get(sign_in_name="hugo")
            self.assertRaises(NotVisible, get_conversation, hugo, shared.conversation_id)
            self.assertRaises(NotVisible, get_message, hugo, shared.pk)
            self.assertEqual([row for view in View for row in page(hugo, view).rows], [])
            self.assertEqual(set(counts(hugo.id).values()), {0})


class Listing(Team):
    def test_pages_follow_each_other_without_gap_or_repeat(self) -> None:
        now = timezone.now()
        for number in range(7):
            received(self.box, subject=f"N° {number}", at=now - days(number // 3))

        seen, after = [], None
        self.let_a_page_have(2)
        while True:
            rows = page(self.nadia, View.OPEN, after=after)
            seen += [row.subject for row in rows.rows]
            after = rows.following
            if after is None:
                break

        self.assertEqual(sorted(seen), [f"N° {number}" for number in range(7)])
        self.assertEqual([subject for subject in seen if subject in ("N° 0", "N° 6")], ["N° 0", "N° 6"])

    def test_beside_what_is_open_stands_the_next_one_and_at_the_end_the_first(self) -> None:
        now = timezone.now()
        made = [received(self.box, subject=f"N° {n}", at=now - days(n)).conversation for n in range(3)]
        newest, middle, oldest = [Conversation.objects.get(pk=each.pk) for each in made]

        self.assertEqual(beside(self.nadia, View.OPEN, middle).rows, [middle, oldest])
        self.assertEqual(beside(self.nadia, View.OPEN, oldest).rows, [oldest, newest])
        finished = actions.finish(middle, by=self.nadia, version=middle.version)
        self.assertEqual(beside(self.nadia, View.OPEN, finished).rows, [oldest])

    def let_a_page_have(self, rows: int) -> None:
        anew = prepared(listing._rows_of_view.build)  # its SQL says how many
        for patch in (
            mock.patch.object(listing, "PAGE", rows),
            mock.patch.object(listing, "_rows_of_view", anew),
        ):
            self.enterContext(patch)

    def test_a_page_is_one_query_and_reads_no_body(self) -> None:
        for number in range(3):
            conversation = self.conversation(subject=f"N° {number}", files=(FILE,))
            actions.assign(conversation, to=self.karim, by=self.nadia, version=1)

        with self.assertNumQueries(1):
            rows = page(self.nadia, View.OPEN).rows
            shown = [
                (r.subject, r.snippet, r.people, assignees(r)[0].display_name, r.attachment_count)
                for r in rows
            ]

        self.assertEqual(len(shown), 3)

    def test_all_counts_are_one_query(self) -> None:
        self.conversation()

        with self.assertNumQueries(1):
            counts(self.nadia.id)

    def test_a_thread_is_two_queries_whatever_its_files(self) -> None:
        conversation = self.conversation(files=(FILE,))
        for _ in range(3):
            received(self.box, files=(FILE, FILE))

        with self.assertNumQueries(2):
            names = [[file.name for file in files_of(message)] for message in thread(conversation.pk)]

        self.assertEqual([len(each) for each in names], [1, 2, 2, 2])

    def test_what_came_in_above_the_screen_is_counted(self) -> None:
        first = self.conversation(subject="Un")
        received(self.box, subject="Deux")

        self.assertEqual(newer_than(self.nadia, View.OPEN, Cursor(first.last_message_at, first.pk)), 1)

    def test_a_structured_documents_prefix_is_not_shown(self) -> None:
        conversation = self.conversation(subject="XDM/1.0/DDM+CR DE BIOLOGIE CORSE FIGATELLIX")

        self.assertEqual(conversation.subject, "CR DE BIOLOGIE CORSE FIGATELLIX")
