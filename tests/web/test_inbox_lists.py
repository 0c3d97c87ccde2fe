"""Tests that the lists say who waits, for whom, and how many, in a few queries whatever the mailbox holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from portal.conversations.actions import assign, finish
from portal.conversations.models import Conversation
from portal.mailboxes.models import Mailbox
from portal.outbound.again import enqueue
from portal.outbound.models import Delivery, DeliveryState
from portal.web.inbox.faults import mailbox_faults, mailboxes_of
from tests.inbound.letters import MARTIN, letter
from tests.web.inbox_case import InboxTestCase, page

PDF = ("application/pdf", b"%PDF-1.7\n...")


class Lists(InboxTestCase):
    def test_the_home_page_leads_to_what_is_to_be_done(self) -> None:
        response = self.as_karim.get(page("inbox_home"))

        self.assertRedirects(response, "/equipe/a-traiter/", fetch_redirect_response=False)

    def test_a_row_says_who_wrote_before_it_says_what(self) -> None:
        self.received(subject="Mon ordonnance", text="Voici l’ordonnance.", files={"o.pdf": PDF})

        html = self.as_karim.get(page("inbox_view", "a-traiter")).content.decode()

        self.assertLess(html.index("Léa Durand"), html.index("Mon ordonnance"))
        for words in ("Voici l’ordonnance.", "Patient", "1 pièce", "Personne ne l’a lu"):
            self.assertIn(words, html)

    def test_a_row_says_who_has_taken_it(self) -> None:
        conversation = self.received()
        assign(conversation, to=self.claire, by=self.nadia, version=conversation.version)

        self.assertContains(self.as_karim.get(page("inbox_view", "a-traiter")), "Claire</span>")

    def test_what_is_mine_and_what_is_done_have_their_own_views(self) -> None:
        mine, done = self.received(subject="Pour moi"), self.received(subject="Fini")
        assign(mine, to=self.karim, by=self.nadia, version=mine.version)
        finish(done, by=self.nadia, version=done.version)

        for view, subject, absent in (("a-moi", "Pour moi", "Fini"), ("termines", "Fini", "Pour moi")):
            response = self.as_karim.get(page("inbox_view", view))
            self.assertContains(response, subject)
            self.assertNotContains(response, absent)

    def test_the_counts_stand_beside_the_views(self) -> None:
        self.received()
        self.received(f"Dr Martin <{MARTIN}>", subject="Autre")
        self.receive(b"\x00\x01\x02 rien de lisible")

        response = self.as_karim.get(page("inbox_view", "a-traiter"))

        self.assertContains(response, '<span class="nav-count">2</span>')
        self.assertContains(response, '<span class="nav-count alarm">1</span>')
        self.assertContains(response, "(2) À traiter")

    def test_fifty_rows_cost_as_few_queries_as_five(self) -> None:
        url = page("inbox_view", "a-traiter")
        self.receive(*self.letters(5))
        self.as_karim.get(url)
        with self.statements() as few:
            self.as_karim.get(url)
        self.receive(*self.letters(46, start=5))
        with self.statements() as many:
            response = self.as_karim.get(url)

        self.assertContains(response, "Afficher la suite")
        self.assertEqual(len(few.sql), len(many.sql), "\n".join(many.sql))
        self.assertLessEqual(len(many.sql), 10, "\n".join(many.sql))

    def test_the_next_page_begins_where_this_one_ends(self) -> None:
        self.receive(*self.letters(51))
        first = self.as_karim.get(page("inbox_view", "a-traiter"))
        more = first.context["shell"].listing.more_url

        following = self.as_karim.htmx("get", more)

        self.assertTemplateUsed(following, "inbox/_more.html")
        shown = {row.conversation_id for row in first.context["shell"].listing.rows}
        rest = {row.conversation_id for row in following.context["shell"].listing.rows}
        self.assertEqual(len(shown | rest), Conversation.objects.count())
        self.assertContains(self.as_karim.get(more), "<html")

    def test_the_list_learns_what_came_in_but_not_what_the_team_sent(self) -> None:
        conversation = self.received(subject="Premier")
        url = self.as_karim.get(page("inbox_view", "a-traiter")).context["shell"].listing.poll_url
        Conversation.objects.filter(pk=conversation.pk).update(
            last_message_at=timezone.now(), last_sent_at=timezone.now()
        )
        self.assertNotContains(self.as_karim.htmx("get", url), "nouveau message")

        later = letter(subject="Second").replace(b"16 Nov 2026", timezone.now().strftime("%d %b %Y").encode())
        self.receive(later.replace(b"09:12:00 +0100", timezone.now().strftime("%H:%M:%S +0000").encode()))

        self.assertContains(self.as_karim.htmx("get", url), "1 nouveau message")

    def test_a_page_nobody_named_is_absent(self) -> None:
        for path in ("/equipe/boite/", "/equipe/a-traiter/2/"):
            self.assertEqual(self.as_karim.get(path).status_code, 404)

    def letters(self, number: int, start: int = 0) -> list[bytes]:
        return [letter(subject=f"Demande {each}") for each in range(start, start + number)]


class Faults(InboxTestCase):
    def test_a_certificate_that_ran_out_is_said_on_top_in_one_line(self) -> None:
        self.change(fetch_fault="tls-expired", fetch_fault_detail="2026-11-12", fetch_fault_at=timezone.now())

        response = self.as_karim.get(page("inbox_view", "a-traiter"))

        self.assertContains(response, "Les messages n’arrivent plus")
        self.assertContains(response, "expiré (12/11/2026)")

    def test_a_mailbox_that_cannot_send_says_that_nothing_is_lost(self) -> None:
        self.change(send_fault="login-refused", send_fault_at=timezone.now())

        self.assertContains(self.as_karim.get(page("inbox_view", "a-moi")), "repartiront d’eux-mêmes")

    def test_a_mailbox_silent_for_long_is_told_without_any_fault(self) -> None:
        self.change(last_ok_at=timezone.now() - timedelta(minutes=16))

        self.assertContains(
            self.as_karim.get(page("inbox_view", "a-traiter")), "n’a pas pu être relevée depuis"
        )

    def test_a_mailbox_never_read_is_told_ten_minutes_after_it_was_opened(self) -> None:
        opened = timezone.now()

        early, late = (
            mailbox_faults([self.box], now=opened + timedelta(minutes=minutes)) for minutes in (9, 11)
        )

        self.assertEqual(early, ())
        self.assertIn("n’a encore jamais pu être relevée depuis", late[0])

    def test_a_message_that_does_not_leave_is_told_after_a_quarter_of_an_hour(self) -> None:
        self.change(last_ok_at=timezone.now())
        self.leaving(minutes_ago=14)
        url = page("inbox_view", "a-traiter")
        self.assertNotContains(self.as_karim.get(url), "attend de partir")

        self.leaving(minutes_ago=18)
        self.assertContains(self.as_karim.get(url), "attend de partir depuis 18\N{NO-BREAK SPACE}min")
        self.leaving(minutes_ago=125)
        self.assertContains(self.as_karim.get(url), "depuis 2\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05")

    def test_it_is_told_while_the_message_is_tried_in_vain_but_not_once_the_operator_spoke(self) -> None:
        sent = self.leaving(minutes_ago=40)
        for state, next_in, told in (
            (DeliveryState.QUEUED, 60, True),
            (DeliveryState.CLAIMED, 0, True),
            (DeliveryState.RETRY_WAIT, 20, False),
            (DeliveryState.RETRY_WAIT, -20, True),
            (DeliveryState.SENT, 0, False),
            (DeliveryState.CANCELLED, 0, False),
        ):
            with self.subTest(state=state, next_in=next_in):
                due_at = timezone.now() + timedelta(minutes=next_in)
                Delivery.objects.filter(pk=sent.pk).update(state=state, next_at=due_at)
                lines = mailbox_faults(mailboxes_of(self.karim), now=timezone.now())
                self.assertEqual(any("attend de partir" in line for line in lines), told)

    def test_a_stopped_mailbox_tells_its_own_cause_alone(self) -> None:
        self.leaving(minutes_ago=40)
        self.change(send_fault="login-refused", send_fault_at=timezone.now())

        lines = mailbox_faults(mailboxes_of(self.karim), now=timezone.now())

        self.assertEqual(len(lines), 1)
        self.assertIn("Les envois attendent", lines[0])

    def leaving(self, *, minutes_ago: int) -> Delivery:
        """A message that should have left so long ago."""
        leaves_at = timezone.now() - timedelta(minutes=minutes_ago)
        return enqueue(
            b"Subject: x\r\n\r\nx\r\n",
            mailbox=self.box,
            message_id=None,
            addresses=["dr.martin@medecin-test.mssante.fr"],
            author=self.karim,
            idempotency_key=uuid4(),
            draft=None,
            at=leaves_at,
            leaves_at=leaves_at,
        )

    def test_a_mailbox_that_answers_says_nothing(self) -> None:
        self.change(last_ok_at=timezone.now())

        self.assertNotContains(self.as_karim.get(page("inbox_view", "a-traiter")), 'notice-bad" role="status')

    def change(self, **columns: object) -> None:
        Mailbox.objects.filter(pk=self.box.pk).update(**columns)
