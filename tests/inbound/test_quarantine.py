"""Tests that what could not be filed is seen, downloaded, read again or set aside, by those who may."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.access import NotVisible
from portal.conversations.counters import counts
from portal.conversations.models import Attachment, CounterKind, ScanState
from portal.documents.antivirus import EICAR
from portal.inbound import examine
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.originals import NoOriginal, attachment_bytes, original_of
from portal.inbound.process import process_stored
from portal.inbound.quarantine import dismiss, get_quarantined, page, replay
from portal.inbound.reasons import sentence
from portal.mail.parsed import Unreadable
from portal.mailboxes.models import MailboxKind
from portal.vault.keys import Unopenable
from tests.base import PharmacyTestCase
from tests.conversations.mails import sent
from tests.inbound.letters import LEA, letter
from tests.mailboxes.boxes import open_box

NOISE = b"\x00\x01\x02\x03" * 100


class Quarantine(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def quarantined(self, raw: bytes = NOISE) -> RawMessage:
        kept = keep(self.box, raw)
        process_stored()
        assert kept
        return get_quarantined(self.nadia, kept.pk)

    def count(self) -> int:
        return counts(self.karim.id)[CounterKind.QUARANTINE]

    def test_it_is_listed_with_its_reason_and_its_bytes_are_there(self) -> None:
        raw = self.quarantined()

        self.assertEqual([each.pk for each in page(self.karim)], [raw.pk])
        self.assertIn("pas la forme d’un message", sentence(raw.reason))
        self.assertEqual(raw.read_blob(), NOISE)
        self.assertTrue(Entry.objects.filter(event="message:quarantine", object_id=raw.pk).exists())

    def test_a_list_does_not_bring_the_bytes(self) -> None:
        self.quarantined()

        with self.assertNumQueries(1):
            (raw,) = page(self.nadia)
        self.assertIn("inline", raw.get_deferred_fields())

    def test_pages_follow_each_other(self) -> None:
        made = [self.quarantined(NOISE + bytes([number])) for number in range(3)]

        first = page(self.nadia, size=2)
        rest = page(self.nadia, after=(first[-1].stored_at, first[-1].pk))

        self.assertEqual([raw.pk for raw in [*first, *rest]], [raw.pk for raw in reversed(made)])

    def test_a_better_parser_files_it(self) -> None:
        with mock.patch.object(examine, "read", side_effect=Unreadable("parser-cpu")):
            raw = self.quarantined(letter())
        self.assertEqual((raw.reason, self.count()), ("parser-cpu", 1))

        replay(raw, by=self.nadia)
        self.assertEqual(self.count(), 0)
        process_stored()

        raw.refresh_from_db()
        self.assertEqual((raw.state, raw.reason), (RawState.FILED, ""))
        self.assertEqual(Entry.objects.get(event="message:replay").actor, self.nadia.id)

    def test_reading_it_again_in_vain_puts_it_back(self) -> None:
        raw = self.quarantined()

        replay(raw, by=self.nadia)
        process_stored()

        self.assertEqual(self.count(), 1)

    def test_set_aside_it_leaves_the_list_and_stays(self) -> None:
        raw = self.quarantined()

        dismiss(raw, by=self.karim)
        dismiss(raw, by=self.karim)

        self.assertEqual((page(self.nadia), self.count()), ([], 0))
        self.assertEqual(get_quarantined(self.nadia, raw.pk).reason, "no-header")
        self.assertEqual(Entry.objects.filter(event="quarantine:dismiss").count(), 1)

    def test_that_of_a_personal_mailbox_is_its_owners(self) -> None:
        self.box = open_box("claire@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        kept = keep(self.box, NOISE)
        process_stored()
        assert kept

        self.assertEqual(len(page(self.claire)), 1)
        self.assertEqual(page(self.nadia), [])
        self.assertRaises(NotVisible, get_quarantined, self.nadia, kept.pk)

    def test_a_message_that_was_filed_is_not_behind_this_door(self) -> None:
        kept = keep(self.box, letter())
        process_stored()
        assert kept

        self.assertRaises(NotVisible, get_quarantined, self.nadia, kept.pk)

    def test_bytes_altered_in_the_store_are_said_to_be(self) -> None:
        kept = keep(self.box, letter())
        assert kept
        RawMessage.objects.filter(pk=kept.pk).update(inline=b"altered")

        process_stored()

        self.assertEqual(get_quarantined(self.nadia, kept.pk).reason, "no-bytes")
        self.assertRaises(Unopenable, kept.__class__.objects.get(pk=kept.pk).read_blob)


class Originals(PharmacyTestCase):
    def test_a_message_and_its_file_are_handed_out_as_they_came(self) -> None:
        mail = letter(files={"photo.jpg": ("image/jpeg", b"\xff\xd8\xff" + bytes(range(256)))})
        keep(open_box(), mail)
        process_stored()

        file = Attachment.objects.get()

        self.assertEqual(original_of(file.message), mail)
        self.assertEqual(attachment_bytes(file), b"\xff\xd8\xff" + bytes(range(256)))

    def test_what_was_sent_has_no_original_here(self) -> None:
        message = sent(None, open_box(), self.nadia, LEA)

        self.assertRaises(NoOriginal, original_of, message)


class Scanning(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(examine, "FILES_SECONDS", -1))
        keep(
            open_box(),
            letter(files={"a.pdf": ("application/pdf", b"%PDF-1.7"), "b.txt": ("text/plain", EICAR)}),
        )

    def states(self) -> list[tuple[str, str]]:
        return [(file.kind, file.scan) for file in Attachment.objects.order_by("position")]

    def test_files_there_was_no_time_for_are_looked_into_afterwards(self) -> None:
        process_stored()

        self.assertEqual(self.states(), [("pdf", "clean"), ("text", "infected")])

    def test_a_scanner_that_is_down_is_asked_again_for_a_day(self) -> None:
        with (
            self.settings(ANTIVIRUS="clamd:/nowhere/clamd.sock"),
            self.assertLogs("portal.documents", "WARNING"),
        ):
            process_stored()
            self.assertEqual({scan for _, scan in self.states()}, {ScanState.PENDING})
            RawMessage.objects.update(stored_at=timezone.now() - timedelta(days=2))
            process_stored()

        self.assertEqual({scan for _, scan in self.states()}, {ScanState.UNSCANNED})
