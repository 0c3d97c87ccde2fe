"""Tests of what one mail costs in statements, and that filing it is one transaction."""

from __future__ import annotations

from unittest import mock

from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from portal.conversations import filing
from portal.conversations.actions import finish
from portal.conversations.models import Attachment, Conversation, Message
from portal.inbound.examine import examine
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import file, process_stored
from portal.outbound import receipts
from portal.patients.models import Patient
from portal.prescriptions.models import Prescription
from tests.base import CommittingPharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.prescriptions.stage import fetched

PDF = {"ordonnance.pdf": ("application/pdf", b"%PDF-1.7")}


class Statements(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        keep(self.box, letter(message_id="<premier@x>"))
        process_stored()

    def statements_of(self, mail: bytes) -> int:
        """How many it takes to file `mail`, which was stored and read before."""
        kept = keep(self.box, mail)
        assert kept
        return self.statements_of_row(kept, mail)

    def statements_of_row(self, kept: RawMessage, mail: bytes) -> int:
        raw = RawMessage.objects.select_related("mailbox").get(pk=kept.pk)
        examined = examine(mail)
        with CaptureQueriesContext(connection) as captured:
            file(raw, examined)
        self.assertEqual(RawMessage.objects.get(pk=raw.pk).state, RawState.FILED)
        sent = [query["sql"] for query in captured.captured_queries]
        begin, *within = sent[: sent.index("COMMIT")]
        self.assertEqual(begin, "BEGIN")
        # After it, and waiting for nothing: screens are told (portal/lib/live.py).
        self.assertTrue(all("pg_notify" in sql for sql in sent[sent.index("COMMIT") + 1 :]))
        self.assertEqual([sql for sql in within if sql.split()[0] in ("BEGIN", "SAVEPOINT", "RELEASE")], [])
        return len(within)

    def test_a_new_mail_of_a_known_patient_takes_seven(self) -> None:
        self.assertEqual(self.statements_of(letter(subject="Autre chose")), 7)

    def test_files_take_one_more_however_many_they_are(self) -> None:
        files = {f"{number}.pdf": ("application/pdf", b"%PDF-1.7") for number in range(30)}

        self.assertEqual(self.statements_of(letter(subject="Autre chose", files=files)), 8)

    def test_an_answer_with_a_file_takes_nine_at_most(self) -> None:
        conversation = Conversation.objects.get()
        finish(conversation, by=self.nadia, version=conversation.version)

        with mock.patch.object(receipts, "answered") as afterwards:
            found = self.statements_of(letter(answers="<premier@x>", files=PDF))

        self.assertEqual(found, 9)
        afterwards.assert_called_once()

    def test_a_mail_of_a_new_patient_takes_two_more(self) -> None:
        self.assertEqual(self.statements_of(letter("Tom <180067511501357@patient.mssante.fr>")), 9)

    def test_a_mail_that_was_fetched_takes_one_more_for_people_are_told_of_it(self) -> None:
        mail = letter(subject="Autre chose")

        self.assertEqual(self.statements_of_row(fetched(self.box, mail), mail), 8)

    def test_a_prescription_takes_three_more(self) -> None:
        mail = letter(subject="Autre chose", files=PDF)

        self.assertEqual(self.statements_of_row(fetched(self.box, mail), mail), 11)
        self.assertEqual(Prescription.objects.count(), 1)

    def test_a_prescription_of_a_new_patient_stays_within_thirteen(self) -> None:
        mail = letter("Tom <180067511501357@patient.mssante.fr>", files=PDF)

        self.assertEqual(self.statements_of_row(fetched(self.box, mail), mail), 13)

    def test_an_answer_whose_parents_are_unknown_stays_within_twelve(self) -> None:
        parents = " ".join(f"<{number}@ailleurs>" for number in range(90))

        with mock.patch.object(receipts, "answered"):
            found = self.statements_of(letter(answers=parents, files=PDF))

        self.assertLessEqual(found, 9)

    def test_an_outage_in_the_middle_leaves_nothing_half_done(self) -> None:
        keep(self.box, letter("Tom <180067511501357@patient.mssante.fr>", files=PDF))

        with mock.patch.object(filing, "record", side_effect=OperationalError):
            self.assertRaises(OperationalError, process_stored)
        rows = Conversation.objects.count(), Message.objects.count(), Attachment.objects.count()
        self.assertEqual((rows, Patient.objects.count()), ((1, 1, 0), 1))
        self.assertEqual(RawMessage.objects.get(state=RawState.STORED).attempts, 0)
        process_stored()

        self.assertEqual(Conversation.objects.count(), 2)

    def test_an_error_of_ours_stops_only_the_mail_that_meets_it(self) -> None:
        keep(self.box, letter(subject="Un"))
        keep(self.box, letter(subject="Deux"))

        broken = mock.patch.object(filing, "record", side_effect=[TypeError("Léa Durand"), 1])
        with broken, self.assertLogs("portal.inbound.process", "ERROR") as logs:
            process_stored()

        states = list(RawMessage.objects.order_by("stored_at").values_list("state", "reason"))
        self.assertEqual(states[1:], [("quarantined", "not-filed"), ("filed", "")])
        self.assertNotIn("Léa", "".join(logs.output))
