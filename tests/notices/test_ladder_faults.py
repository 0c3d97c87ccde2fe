"""What cannot be fetched or did not leave climbs the same ladder as a message that nobody opens."""

from __future__ import annotations

from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from portal.conversations.actions import mark_opened
from portal.conversations.models import Conversation
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage
from portal.inbound.process import process_stored
from portal.inbound.quarantine import dismiss
from portal.mail.faults import Code, TemporaryFault
from portal.mailboxes.actions import (
    record_fetch_fault,
    record_fetch_ok,
    record_send_fault,
    record_send_ok,
)
from portal.mailboxes.models import MailboxState
from portal.notices.deliver import notify_due
from portal.notices.models import Cause, Climb, Notice, NoticeKind, NoticeState, Rung, Way
from portal.notices.waits import waits
from portal.outbound.actions import queue
from portal.outbound.deliver import deliver_due
from portal.outbound.drafts import new_draft, save_draft
from portal.outbound.lines import kept_lines
from portal.outbound.models import Delivery
from portal.team.models import User
from portal.web.inbox.faults import mailbox_faults, mailboxes_of
from sandbox.people import DOCTOR, TRUSTED_DOMAINS
from tests.journeys.stage import unreadable
from tests.notices.ladder_case import KARIM, LadderTestCase
from tests.outbound.stage import open_mailbox, trust
from tests.prescriptions.stage import fetched

DOWN = TemporaryFault(Code.REFUSED)


class Faults(LadderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(self.assertLogs("portal.mailboxes.actions", "WARNING"))

    def test_a_mailbox_that_cannot_be_read_is_told_of_like_an_unopened_message(self) -> None:
        record_fetch_fault(self.box, DOWN)
        self.assertEqual((self.woken_in(), self.look(), self.woken_in()), (5, [], 20))
        record_fetch_fault(self.box, DOWN)

        self.pass_time(21)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.pass_time(20)
        self.assertEqual(self.look(), [("nadia", Rung.HEAD)])
        notify_due()
        words = self.arrived()[0].get_content()
        self.assertIn("une panne bloque la réception ou l’envoi des messages", words)
        self.assertIn("Rien n’est perdu", words)

    def test_once_it_works_again_or_is_paused_nobody_is_told(self) -> None:
        record_fetch_fault(self.box, DOWN)
        record_send_fault(self.box, DOWN)
        self.assertEqual([wait.cause for wait in waits()], [Cause.FETCH, Cause.SEND])
        record_fetch_ok(self.box)
        self.pass_time(21)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.assertEqual(Notice.objects.get().n, 1)

        self.box.refresh_from_db()
        record_send_ok(self.box)
        self.pass_time(30)
        self.assertEqual(self.look(), [])
        notify_due()
        self.assertEqual((self.arrived(), Notice.objects.get().state), ([], NoticeState.DROPPED))
        record_fetch_fault(self.box, DOWN)
        type(self.box).objects.update(state=MailboxState.PAUSED)
        self.pass_time(60)
        self.assertEqual(self.look(), [])

    def test_a_fault_and_an_unopened_message_are_told_apart(self) -> None:
        self.writes()
        record_fetch_fault(self.box, DOWN)
        self.pass_time(21)

        self.assertEqual(self.look(), [("karim", Rung.DUTY)] * 2)
        kinds = set(Notice.objects.values_list("kind", flat=True))
        self.assertEqual(kinds, {NoticeKind.UNOPENED, NoticeKind.FAULT})


class Unreadable(LadderTestCase):
    def test_what_nobody_could_read_is_told_until_somebody_dealt_with_it(self) -> None:
        with self.assertLogs("portal.inbound", "WARNING"):
            fetched(self.box, unreadable("Mon insuline"))
            process_stored()
        self.assertEqual((self.woken_in(), self.look()), (5, []))
        self.pass_time(21)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        notify_due()
        words = self.arrived()[0].get_content()
        self.assertIn("un message illisible attend en quarantaine", words)
        self.assertNotIn("insuline", words)

        dismiss(RawMessage.objects.get(), by=self.claire)
        self.pass_time(30)
        self.assertEqual(self.look(), [])
        self.assertEqual(waits(), [])

    def test_what_was_brought_along_and_cannot_be_read_calls_nobody(self) -> None:
        with self.assertLogs("portal.inbound", "WARNING"):
            keep(self.box, unreadable("Ancien"))
            process_stored()

        self.assertEqual(waits(), [])


class Unsent(LadderTestCase):
    def setUp(self) -> None:
        super().setUp()
        trust(*TRUSTED_DOMAINS)
        self.mailbox = open_mailbox(self.operator, "pharmacie-de-la-gare@officine-test.mssante.fr")
        self.addCleanup(kept_lines().close_all)

    def sends(self) -> Conversation:
        """Claire writes to a doctor."""
        draft = new_draft(self.mailbox, by=self.claire)
        draft = save_draft(
            draft, by=self.claire, version=draft.version, recipients=[DOCTOR], subject="Question", text="?"
        )
        delivery = queue(draft, by=self.claire, idempotency_key=uuid4(), version=None)
        Delivery.objects.update(next_at=F("queued_at"))
        deliver_due()
        return Conversation.objects.get(messages=delivery.message_id)

    def refused(self) -> Conversation:
        self.operator.faults.refuse_recipients = [DOCTOR]
        self.addCleanup(self.operator.faults.refuse_recipients.clear)
        return self.sends()

    def test_a_refused_send_that_nobody_looks_at_is_told(self) -> None:
        conversation = self.refused()
        self.assertTrue(conversation.failed)
        self.assertEqual((self.woken_in(), self.look()), (5, []))
        self.pass_time(21)

        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        notify_due()
        (mail,) = self.arrived()
        self.assertEqual(mail["To"], KARIM)
        self.assertIn("un envoi a échoué ou reste à vérifier", mail.get_content())
        self.assertNotIn("Question", mail.get_content())
        mark_opened(conversation, by=self.karim)
        self.pass_time(30)
        self.assertEqual(self.look(), [])

    def test_who_looked_before_it_failed_saw_nothing_and_who_looks_after_ends_it(self) -> None:
        self.operator.faults.drop_after_dot = 1
        conversation = self.sends()
        self.assertEqual([wait.cause for wait in waits()], [Cause.UNSENT])
        mark_opened(conversation, by=self.claire)

        self.assertEqual(waits(), [])
        self.assertFalse(Climb.objects.exists())

    def test_that_an_alert_could_not_leave_stands_on_the_responsible_persons_screens_until_one_does(
        self,
    ) -> None:
        now = timezone.now()
        failed = Notice(kind=NoticeKind.UNSENT, way=Way.SMS, about=self.karim.pk, rung=Rung.DUTY, n=1)
        failed.state, failed.due_at, failed.created_at, failed.done_at = NoticeState.FAILED, now, now, now
        failed.save()

        def told(user: User) -> bool:
            return any("Une alerte n’est pas partie" in line for line in self.lines(user))

        self.assertEqual((told(self.nadia), told(self.karim)), (True, False))
        sent = Notice(kind=NoticeKind.UNSENT, way=Way.SMS, about=self.nadia.pk, rung=Rung.HEAD, n=1)
        sent.state, sent.due_at, sent.created_at = NoticeState.SENT, now, timezone.now()
        sent.save()
        self.assertFalse(told(self.nadia))

    def lines(self, user: User) -> tuple[str, ...]:
        return mailbox_faults(mailboxes_of(user), now=timezone.now())
