"""Tests that what is stored becomes a conversation, or stands in quarantine."""

from __future__ import annotations

from portal.conversations.counters import counts
from portal.conversations.models import Conversation, ConversationState, CounterKind, Message, ScanState
from portal.documents.antivirus import EICAR
from portal.documents.readings import Reading
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.mail.jsonform import from_json
from portal.patients.models import Patient
from tests.base import PharmacyTestCase
from tests.documents import files as made
from tests.documents.structured import NUMBER, archive
from tests.inbound.letters import LEA, MARTIN, letter, report_of
from tests.mailboxes.boxes import open_box


class Processing(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def receive(self, *mails: bytes) -> list[RawMessage]:
        kept = [keep(self.box, mail) for mail in mails]
        process_stored()
        rows = RawMessage.objects.in_bulk([raw.pk for raw in kept if raw])
        return [rows[raw.pk] for raw in kept if raw]

    def test_a_patients_mail_is_a_conversation_to_be_handled(self) -> None:
        (raw,) = self.receive(letter(subject="Mon ordonnance", text="Voici l’ordonnance du Dr Petit."))

        conversation = Conversation.objects.get()
        self.assertEqual(raw.state, RawState.FILED)
        self.assertEqual(raw.message.conversation, conversation)
        self.assertEqual(conversation.state, ConversationState.OPEN)
        self.assertEqual(conversation.kind, "patient")
        self.assertEqual(conversation.subject, "Mon ordonnance")
        self.assertEqual(conversation.snippet, "Voici l’ordonnance du Dr Petit.")
        self.assertEqual(conversation.people, [{"label": "Léa Durand", "address": LEA}])
        self.assertEqual(conversation.patient.ins, "279035121518989")
        self.assertEqual(conversation.patient.display_name, "Léa Durand")
        self.assertEqual(counts(self.nadia.id)[CounterKind.OPEN], 1)
        self.assertEqual(counts(self.nadia.id)[CounterKind.UNOPENED], 1)

    def test_a_patient_is_created_once(self) -> None:
        self.receive(letter(subject="Un"), letter(subject="Deux"))

        self.assertEqual(Patient.objects.count(), 1)
        self.assertEqual(Conversation.objects.count(), 2)

    def test_files_are_known_by_their_content_and_scanned(self) -> None:
        files = {
            "ordonnance.pdf": ("application/octet-stream", b"%PDF-1.7\n..."),
            "photo.jpg": ("image/jpeg", b"\xff\xd8\xff\xe0photo"),
            "virus.txt": ("text/plain", EICAR),
        }

        (raw,) = self.receive(letter(files=files))

        found = [(file.name, file.kind, file.scan) for file in raw.message.attachments.order_by("position")]
        self.assertEqual(
            found,
            [
                ("ordonnance.pdf", "pdf", ScanState.CLEAN),
                ("photo.jpg", "jpeg", ScanState.CLEAN),
                ("virus.txt", "text", ScanState.INFECTED),
            ],
        )
        self.assertEqual(Conversation.objects.get().attachment_count, 3)

    def test_what_cannot_be_read_is_in_quarantine_and_the_next_one_is_filed(self) -> None:
        broken, fine = self.receive(b"\x00\x01\x02\x03" * 100, letter())

        self.assertEqual((broken.state, broken.reason), (RawState.QUARANTINED, "no-header"))
        self.assertEqual(fine.state, RawState.FILED)
        self.assertEqual(counts(self.karim.id)[CounterKind.QUARANTINE], 1)

    def test_a_report_on_nothing_we_sent_is_shown_as_a_message(self) -> None:
        (raw,) = self.receive(report_of())

        self.assertEqual(raw.state, RawState.FILED)
        self.assertIn("remis", raw.message.text)

    def test_a_mail_without_sender_is_shown_all_the_same(self) -> None:
        first, second = self.receive(b"Subject: Perdu\r\n\r\nBonjour", b"Subject: Perdu\r\n\r\nBonsoir")

        self.assertEqual([first.state, second.state], [RawState.FILED] * 2)
        self.assertEqual(Conversation.objects.count(), 2)
        self.assertIn("no-from", first.message.defects)

    def test_a_wrong_key_in_a_patients_address_is_a_warning(self) -> None:
        (raw,) = self.receive(letter("Tom <279035121518988@patient.mssante.fr>"))

        self.assertEqual(raw.state, RawState.FILED)
        self.assertIn("ins-key", raw.message.defects)

    def test_a_mail_in_our_own_name_is_never_shown_as_sent(self) -> None:
        (raw,) = self.receive(letter(f"Pharmacie du Soleil <{self.box.address}>"))

        self.assertEqual(raw.message.kind, "in")
        self.assertIn("own-address", raw.message.defects)

    def test_the_same_row_is_filed_once(self) -> None:
        self.receive(letter())

        process_stored()

        self.assertEqual(Message.objects.count(), 1)

    def test_a_professional_is_no_patient(self) -> None:
        self.receive(letter(f"Dr Martin <{MARTIN}>"))

        self.assertEqual(Conversation.objects.get().kind, "professional")
        self.assertEqual(Patient.objects.count(), 0)

    def test_a_health_document_is_read_when_it_comes_in(self) -> None:
        files = {"IHE_XDM.zip": ("application/zip", archive())}

        (raw,) = self.receive(letter(sender=f"Dr Martin <{MARTIN}>", files=files))

        file = raw.message.attachments.get()
        reading = from_json(Reading, file.reading.encode())
        (document,) = reading.documents
        self.assertEqual((file.kind, reading.pages, document.number), ("xdm", 1, NUMBER))

    def test_a_file_that_cannot_be_shown_is_filed_with_the_reason(self) -> None:
        files = {
            "vide.pdf": ("application/pdf", b""),
            "autre.pdf": ("application/pdf", b"MZ not at all"),
            "deux.jpg": ("image/jpeg", made.jpeg() + made.zipped({"a": b"a"})),
            "secret.pdf": ("application/pdf", made.encrypted_pdf()),
            "enorme.png": ("image/png", made.png_head(12_000, 9_000)),
            "coupee.jpg": ("image/jpeg", made.jpeg(2_000, 3_000)[:4_000]),
            "IHE_XDM.zip": ("application/zip", archive()[:-300]),
            "bombe.zip": ("application/zip", made.zip_bomb()),
            "gourmand.pdf": ("application/pdf", made.pdf(pages=3)),
        }

        first, second = self.receive(letter(files=files), letter(subject="La suivante"))

        faults = {
            file.name: from_json(Reading, file.reading.encode()).fault if file.reading else None
            for file in first.message.attachments.all()
        }
        self.assertEqual(
            faults,
            {
                "vide.pdf": "empty",
                "autre.pdf": "misnamed",
                "deux.jpg": "two-kinds",
                "secret.pdf": "encrypted",
                "enorme.png": "too-large",
                "coupee.jpg": "damaged",
                "IHE_XDM.zip": "archive-damaged",
                "bombe.zip": None,
                "gourmand.pdf": "",
            },
        )
        self.assertEqual((first.state, second.state), (RawState.FILED, RawState.FILED))
