"""Automatic answers: what people are told out of hours, and that no two machines ever talk to each other."""

from __future__ import annotations

from datetime import time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import finish
from portal.conversations.automatic import AUTOMATIC
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.statistics import statistics
from portal.house.actions import add_period, set_hours
from portal.house.hours import Stretch
from portal.house.models import PeriodKind
from portal.inbound.answer_words import CLOSED_TEXT, RECEIPT_TEXT
from portal.inbound.answering import answer_due, set_rule
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.models import AnsweringRule, AutomaticAnswer, Outcome, RawMessage
from portal.inbound.process import process_stored
from portal.mailboxes.models import Mailbox, MailboxState
from portal.notices.models import Notice, NoticeKind
from portal.outbound.actions import queue
from portal.outbound.deliver import deliver_due
from portal.outbound.drafts import new_draft, save_draft
from portal.outbound.models import Delivery
from portal.team.models import User
from sandbox.people import GARE, SOLEIL
from tenants.context import inside
from tests.chaos import KILLED, Workers
from tests.inbound.letters import LEA, MARTIN, letter
from tests.outbound.stage import OutboundTestCase, open_mailbox
from tests.prescriptions.stage import fetched

NIGHT_TURN = "portal.inbound.answering:answer_due"


def shut_today() -> None:
    """Open one morning, another day than today or tomorrow."""
    day = (timezone.localdate() + timedelta(days=3)).weekday()
    set_hours([Stretch(day, time(9), time(12))], by=None)


def out_of_office(*, closed: bool = True, receipt: bool = False) -> None:
    rule = AnsweringRule(
        closed_on=closed, closed_text=CLOSED_TEXT, receipt_on=receipt, receipt_text=RECEIPT_TEXT
    )
    set_rule(rule, by=None)


class Answering(OutboundTestCase):
    def setUp(self) -> None:
        super().setUp()
        shut_today()
        out_of_office()

    def turn(self) -> None:
        """All that the clock would do for this pharmacy, but fetching."""
        process_stored()
        answer_due()
        deliver_due()

    def arrives(self, *letters: bytes) -> None:
        for each in letters:
            fetched(self.mailbox, each)
        self.turn()

    def waits(self, letter: bytes) -> None:
        """It is filed, and nobody decided yet whether it is answered."""
        fetched(self.mailbox, letter)
        process_stored()

    def left(self) -> list[EmailMessage]:
        """What Soleil answered by itself, oldest first."""
        rows = Delivery.objects.filter(author=None).exclude(message=None).order_by("queued_at", "id")
        return [message_from_bytes(row.read_blob(), policy=policy.default) for row in rows]

    def outcomes(self) -> list[str]:
        return list(AutomaticAnswer.objects.order_by("id").values_list("outcome", flat=True))


class OutOfHours(Answering):
    def test_who_writes_at_night_is_told_when_the_door_opens_and_the_team_finds_all_as_it_was(self) -> None:
        self.arrives(letter(message_id="<premier@patient.mssante.fr>"))

        (answer,) = self.left()
        self.assertEqual(answer["To"], LEA)
        self.assertEqual(answer["From"], f"Pharmacie du Soleil <{SOLEIL}>")
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")
        self.assertEqual(answer["In-Reply-To"], "<premier@patient.mssante.fr>")
        self.assertEqual(answer["References"], "<premier@patient.mssante.fr>")
        self.assertTrue(answer["X-MSS-NIL"])
        self.assertTrue(str(answer["Subject"]).startswith("Réponse automatique"))
        words = answer.get_content()
        self.assertIn("Elle rouvre ", words)
        self.assertIn("9\u00a0h", words)
        self.assertNotIn("{", words)
        conversation = Conversation.objects.get()
        self.assertEqual((conversation.state, conversation.assignees), ("open", []))
        self.assertTrue(conversation.unopened)
        self.assertIsNone(conversation.last_sent_at)
        self.assertEqual(conversation.version, conversation.received_version)
        self.assertIn("voici mon ordonnance", conversation.snippet)
        message = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual((message.what, message.author), (AUTOMATIC, None))
        self.assertTrue(Entry.objects.filter(event=Event.MESSAGE_AUTOMATIC, detail="said=closed").exists())

    def test_it_is_no_answer_in_the_statistics(self) -> None:
        self.arrives(letter())

        found = statistics(7)
        self.assertEqual(sum(found.answers.within), 0)
        self.assertEqual(found.answers.none, 1)
        self.assertEqual(sum(day.sent for day in found.days), 0)

    def test_one_day_one_answer_however_often_somebody_writes(self) -> None:
        self.arrives(letter(), letter(subject="Autre chose"), letter(answers="<1@x>"))
        self.assertEqual(self.outcomes(), [Outcome.CLOSED, Outcome.RECENT, Outcome.RECENT])
        AutomaticAnswer.objects.update(decided_at=F("decided_at") - timedelta(hours=25))

        self.arrives(letter(subject="Encore"))

        self.assertEqual(len(self.left()), 2)

    def test_nobody_is_told_so_while_the_door_is_open_or_on_garde(self) -> None:
        now = timezone.now()
        add_period(PeriodKind.GARDE, begins=now - timedelta(hours=1), ends=now + timedelta(hours=1), by=None)
        self.arrives(letter())
        self.assertEqual((self.left(), self.outcomes()), ([], [Outcome.OPEN]))

    def test_a_pharmacy_that_never_said_its_hours_says_nothing(self) -> None:
        set_hours([], by=None)
        self.arrives(letter())
        self.assertEqual(self.left(), [])

    def test_what_lay_there_for_a_day_is_left_to_people(self) -> None:
        fetched(self.mailbox, letter(subject="Hier"))
        RawMessage.objects.update(internal_date=F("internal_date") - timedelta(hours=25))
        self.turn()
        self.assertEqual((self.left(), self.outcomes()), ([], []))

    def test_what_was_fetched_at_night_and_is_decided_once_the_door_is_open_gets_none(self) -> None:
        self.waits(letter())
        now = timezone.now()
        add_period(PeriodKind.EXTRA, begins=now, ends=now + timedelta(hours=1), by=None)
        answer_due()
        self.assertEqual(self.outcomes(), [Outcome.OPEN])

    def test_off_by_default_and_off_again_at_once(self) -> None:
        self.waits(letter())
        out_of_office(closed=False)
        answer_due()
        self.assertEqual(self.outcomes(), [Outcome.OFF])
        self.arrives(letter(subject="Autre chose"))
        self.assertEqual(AutomaticAnswer.objects.count(), 1)

    def test_where_a_colleague_was_quicker_the_exchange_ended_or_the_box_is_in_pause_nothing_leaves(
        self,
    ) -> None:
        for number, (what, outcome) in enumerate(
            (("answer", Outcome.ANSWERED), ("end", Outcome.ENDED), ("pause", Outcome.OFF))
        ):
            self.waits(letter(f"Tom <18006750412{number}357@patient.mssante.fr>"))
            conversation = Conversation.objects.latest("id")
            if what == "answer":
                self.send(self.reply(conversation))
            elif what == "end":
                Conversation.objects.filter(pk=conversation.pk).update(closed_at=timezone.now())
            else:
                Mailbox.objects.update(state=MailboxState.PAUSED)
            answer_due()
            self.assertEqual(self.outcomes()[-1], outcome, what)

    def test_one_that_cannot_be_delivered_calls_nobody(self) -> None:
        self.arrives(letter("Ferme <199067504123457@patient.mssante.fr>"))
        self.turn()
        conversation = Conversation.objects.get()
        self.assertFalse(conversation.failed)
        self.assertEqual(len(self.left()), 1)

    def test_outside_the_trust_space_nobody_is_answered(self) -> None:
        self.arrives(letter("Paul <paul@ailleurs.example>"))
        self.assertEqual((self.left(), self.outcomes()), ([], [Outcome.REFUSED]))


class Receipt(Answering):
    def setUp(self) -> None:
        super().setUp()
        out_of_office(closed=False, receipt=True)

    def test_a_patient_who_begins_an_exchange_is_told_once_that_it_came_and_what_to_bring(self) -> None:
        self.arrives(letter(message_id="<a@patient.mssante.fr>"))
        self.arrives(letter(answers="<a@patient.mssante.fr>"), letter(MARTIN, subject="Confrère"))

        (answer,) = self.left()
        self.assertIn("Nous préparons seulement", answer.get_content())
        self.assertIn("l’original de votre ordonnance", answer.get_content())
        self.assertEqual(self.outcomes()[0], Outcome.RECEIPT)

    def test_each_new_exchange_has_its_own(self) -> None:
        conversation_of = Conversation.objects.latest
        self.arrives(letter())
        conversation = conversation_of("id")
        finish(conversation, by=self.nadia, version=conversation.version)
        self.arrives(letter(subject="Vaccin"))
        self.assertEqual(len(self.left()), 2)

    def test_at_night_both_are_one_mail(self) -> None:
        out_of_office(receipt=True)
        self.arrives(letter())
        (answer,) = self.left()
        self.assertIn("Bien reçu", answer.get_content())
        self.assertIn("La pharmacie est fermée", answer.get_content())
        self.assertEqual(self.outcomes(), [Outcome.BOTH])

    def test_who_ends_the_exchange_is_told_nothing(self) -> None:
        self.arrives(letter(X_MSS_MES="FIN"), letter(subject="[FIN] merci"))
        self.assertEqual(self.left(), [])


class NoMachineIsAnswered(Answering):
    def test_rfc_3834_and_what_else_no_person_wrote(self) -> None:
        unwritten = {
            "auto-replied": letter(Auto_Submitted="auto-replied (vacances)"),
            "auto-generated": letter(Auto_Submitted="auto-generated"),
            "list": letter(List_Unsubscribe="<mailto:fin@medecin-test.mssante.fr>"),
            "precedence": letter(Precedence="bulk"),
            "exchange": letter(X_Auto_Response_Suppress="DR, OOF"),
            "null return path": letter(Return_Path="<>"),
            "another return path": letter(Return_Path="<rebonds@medecin-test.mssante.fr>"),
            "daemon": letter("Postmaster <postmaster@medecin-test.mssante.fr>"),
            "no reply": letter("Labo <ne-pas-repondre@labo-test.mssante.fr>"),
            "ourselves": letter(f"Soleil <{SOLEIL}>"),
            "not to us": letter().replace(f"<{SOLEIL}>".encode(), b"<autre@medecin-test.mssante.fr>"),
        }
        self.arrives(*unwritten.values())
        self.assertEqual((self.left(), self.outcomes()), ([], []))
        self.arrives(letter(Return_Path=f"<{LEA}>", Auto_Submitted="no"))
        self.assertEqual(len(self.left()), 1)

    def test_auto_reply_storm_with_a_machine_that_does_not_say_what_it_is(self) -> None:
        for number in range(5):
            self.arrives(letter(MARTIN, subject=f"Absent {number}"))
        self.assertEqual(len(self.left()), 1)

    @override_settings(
        AUTOMATIC_ANSWERS_PER_HOUR=3, NOTICE_SMTP_HOST="smtp.example.org", NOTICE_FROM="o@example.org"
    )
    def test_a_ceiling_for_each_hour_and_whoever_is_responsible_knows(self) -> None:
        User.objects.filter(pk=self.nadia.pk).update(email="nadia@example.org")
        for number in range(5):
            fetched(self.mailbox, letter(f"P{number} <paul.{number}@medecin-test.mssante.fr>"))
        self.turn()

        self.assertEqual(len(self.left()), 3)
        self.assertEqual(self.outcomes()[3:], [Outcome.CEILING, Outcome.CEILING])
        self.mailbox.refresh_from_db()
        self.assertIsNotNone(self.mailbox.answers_held_until)
        self.assertEqual(Entry.objects.filter(event=Event.ANSWERING_HELD).count(), 1)
        self.assertEqual(Notice.objects.get().kind, NoticeKind.ANSWERS_HELD)


class KilledBetween(Answering):
    def test_a_worker_that_dies_between_deciding_and_queueing_doubles_nothing(self) -> None:
        self.waits(letter())
        with Workers() as workers:
            self.assertEqual(workers.run(NIGHT_TURN, self.soleil, fp="answering.decided:1"), KILLED)
            self.assertEqual(workers.run(NIGHT_TURN, self.soleil, fp="answering.queued:1"), KILLED)
        self.assertEqual(Delivery.objects.count(), 0)
        answer_due()
        answer_due()
        deliver_due()
        self.assertEqual(len(self.left()), 1)


class AutoReplyStorm(Answering):
    def round(self) -> None:
        """Both pharmacies fetch, decide and send."""
        with inside(self.gare):
            fetch_mailbox(Mailbox.objects.get().pk)
            self.turn()
        fetch_mailbox(self.mailbox.pk)
        self.turn()

    def test_auto_reply_storm(self) -> None:
        """Two pharmacies, each out of office, write to each other: each is told once, and then it is quiet."""
        with inside(self.gare):
            other = open_mailbox(self.operator, GARE, "Pharmacie de la Gare")
            shut_today()
            out_of_office(receipt=True)
        self.send_now(GARE, text="Auriez-vous du Levothyrox ?")
        for _ in range(3):
            self.round()
        self.assertEqual(self.envelopes(), [(SOLEIL, GARE), (GARE, SOLEIL)])
        with inside(self.gare):
            draft = new_draft(other, by=User.objects.get(sign_in_name="hugo"))
            draft = save_draft(
                draft,
                by=draft.author,
                version=draft.version,
                recipients=[SOLEIL],
                subject="Dépannage",
                text="Et vous, de l’Ozempic ?",
            )
            queue(draft, by=draft.author, idempotency_key=uuid4(), version=None, sure=[SOLEIL])
            self.wait(seconds=10)

        for _ in range(3):
            self.round()

        self.assertEqual(self.envelopes()[2:], [(GARE, SOLEIL), (SOLEIL, GARE)])
        self.assertEqual([answer["To"].addresses[0].addr_spec for answer in self.left()], [GARE])

    def envelopes(self) -> list[tuple[str, str]]:
        return [(each.sender, *each.recipients) for each in self.operator.accepted[self.seen :]]
