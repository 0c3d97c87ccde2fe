"""DSN, MDN and bounces are understood, and nothing else is taken for one."""

from __future__ import annotations

import unittest

from portal.mail.parse import DeliveryReport, ReadReport, RecipientReport, parse
from tests.mail import corpus
from tests.mail.corpus import MAILS


class TestDeliveryReports(unittest.TestCase):
    def test_each_recipient_has_its_own_verdict(self) -> None:
        self.assertEqual(
            parse(corpus.DSN).report,
            DeliveryReport(
                original_message_id="org-1@soleil.mssante.fr",
                envelope_id="env-7",
                recipients=(
                    RecipientReport(
                        final_recipient="jean@patient.mssante.fr",
                        original_recipient="Jean@patient.mssante.fr",
                        action="failed",
                        status="5.2.1",
                        diagnostic="550 5.2.1 mailbox closed",
                    ),
                    RecipientReport("lea@patient.mssante.fr", "", "delivered", "2.0.0", ""),
                ),
                machine=True,
            ),
        )

    def test_its_machine_parts_are_not_shown_as_files(self) -> None:
        self.assertEqual(parse(corpus.DSN).attachments, ())

    def test_a_whole_returned_message_gives_its_identifier_and_stays_a_file(self) -> None:
        returned = corpus.mail(
            b"Bonjour", b"Subject: Votre ordonnance", head=b"Message-Id:\r\n <org-9@soleil.mssante.fr>\r\n"
        )
        status = b"\r\nFinal-Recipient: rfc822;a@b.mssante.fr\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
        found = parse(
            corpus.multipart(
                corpus.plain(),
                corpus.part(status, b"Content-Type: message/delivery-status"),
                corpus.part(returned, b"Content-Type: message/rfc822"),
                kind=b"report",
            )
        )
        assert isinstance(found.report, DeliveryReport)
        self.assertEqual(found.report.original_message_id, "org-9@soleil.mssante.fr")
        self.assertEqual([(r.action, r.status) for r in found.report.recipients], [("delayed", "4.4.1")])
        self.assertEqual([file.name for file in found.attachments], ["Votre ordonnance.eml"])

    def test_a_bounce_in_words_is_recognised_from_a_daemon(self) -> None:
        report = parse(corpus.BOUNCE_IN_WORDS).report
        assert isinstance(report, DeliveryReport)
        self.assertFalse(report.machine)
        self.assertEqual(report.original_message_id, "org-2@soleil.mssante.fr")
        self.assertEqual(
            [(r.final_recipient, r.action, r.status) for r in report.recipients],
            [("jean@patient.mssante.fr", "failed", "5.1.1")],
        )


class TestReadReports(unittest.TestCase):
    def test_the_error_of_ans_is_read_inside_the_field(self) -> None:
        self.assertEqual(
            parse(corpus.MDN_902).report,
            ReadReport(
                original_message_id="pro-1@medecin.mssante.fr",
                final_recipient="pharmacie@soleil.mssante.fr",
                original_recipient="",
                disposition="processed",
                automatic=True,
                failed=True,
                error_code="902",
                error_text="Identifiant de patient inconnu",
            ),
        )

    def test_a_receipt_by_hand(self) -> None:
        raw = corpus.MDN_902.replace(
            b"automatic-action/MDN-sent-automatically; processed/Error: 902",
            b"manual-action/MDN-sent-manually; displayed; ",
        )
        report = parse(raw.replace(b"^Identifiant de patient inconnu", b"")).report
        assert isinstance(report, ReadReport)
        self.assertEqual((report.automatic, report.failed, report.error_code), (False, False, ""))
        self.assertEqual(report.disposition, "displayed")


class TestWhatIsNoReport(unittest.TestCase):
    def test_only_reports_are_taken_for_reports(self) -> None:
        reports = {"dsn", "bounce in words", "mdn 902"}
        for name in MAILS.keys() - reports - corpus.NOTHING_TO_SHOW.keys():
            with self.subTest(name):
                self.assertIsNone(corpus.as_read(name).report)

    def test_a_daemon_that_says_something_else_is_no_bounce(self) -> None:
        raw = corpus.BOUNCE_IN_WORDS.replace(b"Message_non_distribu=C3=A9", b"Maintenance_ce_soir")
        self.assertIsNone(parse(raw).report)

    def test_a_bounce_subject_without_the_null_sender_is_no_bounce(self) -> None:
        self.assertIsNone(
            parse(corpus.BOUNCE_IN_WORDS.replace(b"Return-Path: <>", b"Return-Path: <a@b.fr>")).report
        )

    def test_a_bounce_forwarded_as_a_file_is_no_bounce(self) -> None:
        raw = corpus.multipart(corpus.plain(), corpus.part(corpus.DSN, b"Content-Type: message/rfc822"))
        self.assertIsNone(parse(raw).report)
        self.assertEqual(parse(raw).attachments[0].name, "Message non distribué.eml")
