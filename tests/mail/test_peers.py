"""The same conversations with the sandbox, and with Dovecot and Postfix: mail in, out, reports, refusals."""

from __future__ import annotations

import tempfile
import time
import unittest
import uuid
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import TestCase

from portal.mail.endpoint import Security
from portal.mail.faults import Code, MailboxFault
from portal.mail.imap import Fetched, ImapSettings, open_mailbox
from portal.mail.smtp import FenceLost, Outcome, SmtpSettings, State, Submission
from portal.mail.tls import client_context
from sandbox.authority import Authority
from sandbox.people import DOCTOR, GARE, OFFICINES, SOLEIL
from tests.servers import dovecot
from tests.servers.peers import Peer, real_peer, real_peer_missing, sandbox_peer
from tests.servers.scripted import temporary_authority

PATIENCE = 15.0


class Conversations:
    """What every operator does alike."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.peer = stack.enter_context(cls.start())

    @classmethod
    def start(cls) -> AbstractContextManager[Peer]:
        raise NotImplementedError

    def test_a_message_goes_out_and_comes_in_byte_for_byte(self) -> None:
        for security in Security:
            raw = self.letter("Bonjour", "é" * 3, b".dot\r\n..dots\r\n")

            outcome = self.send(raw, to=[DOCTOR], settings=self.peer.sending(SOLEIL, security))
            found = self.wait_for(DOCTOR, raw, self.peer.reading(DOCTOR, security))

            self.assertEqual(outcome.state, State.ACCEPTED)
            self.assertTrue(found.raw and found.raw.endswith(raw))
            self.assertLess(abs(time.time() - found.internaldate.timestamp()), 60)

    def test_one_unknown_and_one_outside_do_not_hold_back_the_third(self) -> None:
        raw = self.letter("Trois")

        outcome = self.send(raw, to=[f"personne@{OFFICINES}", "x@ailleurs.example", GARE])

        self.assertEqual(
            [(verdict.state, verdict.reply[:5]) for verdict in outcome.verdicts[:2]],
            [(State.PERMANENT, "5.1.1"), (State.PERMANENT, "5.7.1")],
        )
        self.assertEqual(outcome.verdicts[2].state, State.ACCEPTED)
        self.wait_for(GARE, raw)

    def test_the_report_of_success_comes_back_with_our_envelope_id(self) -> None:
        envelope_id = uuid.uuid4().hex

        self.send(self.letter("Rapport"), to=[DOCTOR], envelope_id=envelope_id)

        found = self.wait_for(SOLEIL, f"Original-Envelope-Id: {envelope_id}".encode())
        self.assertIn(b"report-type=delivery-status", found.raw)
        self.assertIn(f"Final-Recipient: rfc822; {DOCTOR}".encode(), found.raw)
        self.assertIn(b"Status: 2.0.0", found.raw)

    def test_no_report_comes_when_none_is_asked(self) -> None:
        envelope_id = uuid.uuid4().hex
        raw = self.letter("Sans rapport")

        self.send(raw, to=[DOCTOR], envelope_id=envelope_id, dsn=False)
        self.wait_for(DOCTOR, raw)
        time.sleep(0.5)

        self.assertFalse(any(envelope_id.encode() in (found.raw or b"") for found in self.read(SOLEIL)))

    def test_without_leave_before_the_dot_nothing_arrives(self) -> None:
        raw, after = self.letter("Jamais"), self.letter("Après")
        with self.assertRaises(FenceLost), Submission.connect(self.peer.sending(SOLEIL)) as submission:
            submission.send(
                raw, sender=SOLEIL, recipients=[DOCTOR], envelope_id="x", before_dot=lambda: False
            )

        self.send(after, to=[DOCTOR])
        self.wait_for(DOCTOR, after)

        self.assertFalse(any(raw in (found.raw or b"") for found in self.read(DOCTOR)))

    def test_a_kept_connection_sends_twenty(self) -> None:
        letters = [self.letter(f"Lettre {number}") for number in range(20)]
        with Submission.connect(self.peer.sending(SOLEIL)) as submission:
            for raw in letters:
                self.assertTrue(submission.alive)
                self.assertEqual(self.submit(submission, raw, [GARE]).state, State.ACCEPTED)

        for raw in letters:
            self.wait_for(GARE, raw)

    def test_uids_only_grow_and_the_new_ones_are_found_from_the_last(self) -> None:
        first = self.wait_for(GARE, self.sent_to(GARE))
        second = self.wait_for(GARE, self.sent_to(GARE))
        with open_mailbox(self.peer.reading(GARE)) as box:
            box.select()

            self.assertGreater(second.uid, first.uid)
            self.assertEqual(box.uids_from(second.uid), [second.uid])
            self.assertEqual(box.uids_from(second.uid + 1), [])
            self.assertEqual(box.uids()[-2:], [first.uid, second.uid])

    def test_reading_marks_nothing_as_read(self) -> None:
        found = self.wait_for(GARE, self.sent_to(GARE))
        with open_mailbox(self.peer.reading(GARE)) as box:
            box.select()
            list(box.fetch([found.uid]))

            self.assertIn(found.uid, box._search(["UNSEEN"]))

    def test_a_wrong_password_stops_the_mailbox(self) -> None:
        self.assert_refused(Code.LOGIN_REFUSED, replace(self.peer.reading(SOLEIL), password="faux"))

    def test_no_certificate_and_a_strangers_are_refused_by_both_sides(self) -> None:
        stranger = temporary_authority("Inconnue").client(SOLEIL)
        trust = self.peer.authority.trust
        contexts = (
            client_context(trust),
            client_context(trust, certificate=stranger.certificate, key=stranger.key),
        )
        for context in contexts:
            for security in Security:
                reading = replace(self.peer.reading(SOLEIL, security), context=context)
                sending = replace(self.peer.sending(SOLEIL, security), context=context)
                self.assert_refused(Code.TLS_CLIENT_CERTIFICATE, reading)
                with self.assertRaises(MailboxFault) as caught:
                    Submission.connect(sending)
                self.assertEqual(caught.exception.code, Code.TLS_CLIENT_CERTIFICATE)

    def test_a_folder_that_is_not_there(self) -> None:
        with self.assertRaises(MailboxFault) as caught, open_mailbox(self.peer.reading(SOLEIL)) as box:
            box.select("Élaguées")
        self.assertEqual(caught.exception.code, Code.FOLDER_MISSING)

    def letter(self, subject: str, text: str = "Bonjour", rest: bytes = b"") -> bytes:
        head = (
            f"From: Pharmacie <{SOLEIL}>\r\nTo: <{DOCTOR}>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0100\r\n"
            f"Message-ID: <{uuid.uuid4().hex}@officine-test.mssante.fr>\r\nSubject: {uuid.uuid4().hex}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{subject}\r\n{text}\r\n"
        )
        return head.encode() + rest

    def sent_to(self, mailbox: str) -> bytes:
        raw = self.letter("Encore")
        self.send(raw, to=[mailbox])
        return raw

    def send(
        self,
        raw: bytes,
        *,
        to: list[str],
        settings: SmtpSettings | None = None,
        envelope_id: str = "x",
        dsn: bool = True,
    ) -> Outcome:
        with Submission.connect(settings or self.peer.sending(SOLEIL)) as submission:
            return self.submit(submission, raw, to, envelope_id=envelope_id, dsn=dsn)

    def submit(
        self, submission: Submission, raw: bytes, to: list[str], *, envelope_id: str = "x", dsn: bool = False
    ) -> Outcome:
        return submission.send(
            raw, sender=SOLEIL, recipients=to, envelope_id=envelope_id, before_dot=lambda: True, dsn=dsn
        )

    def read(self, mailbox: str, settings: ImapSettings | None = None) -> list[Fetched]:
        with open_mailbox(settings or self.peer.reading(mailbox)) as box:
            box.select()
            return list(box.fetch(box.uids()))

    def wait_for(self, mailbox: str, text: bytes, settings: ImapSettings | None = None) -> Fetched:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for found in self.read(mailbox, settings):
                if found.raw and text in found.raw:
                    return found
            time.sleep(0.1)
        raise AssertionError(f"nothing arrived in {mailbox}")

    def assert_refused(self, code: Code, settings: ImapSettings) -> None:
        with self.assertRaises(MailboxFault) as caught, open_mailbox(settings):
            pass
        self.assertEqual(caught.exception.code, code)


class SandboxTests(Conversations, TestCase):
    @classmethod
    def start(cls) -> AbstractContextManager[Peer]:
        return sandbox_peer()

    def test_the_certificate_alone_opens_its_mailbox(self) -> None:
        settings = replace(self.peer.reading(SOLEIL), password=None)

        with open_mailbox(settings) as box:
            self.assertGreater(box.select(), 0)

    def test_the_neighbours_certificate_does_not_open_our_mailbox(self) -> None:
        for password in (None, self.peer.passwords[SOLEIL]):
            settings = replace(self.peer.reading(SOLEIL), context=self.peer.context(GARE), password=password)
            self.assert_refused(Code.LOGIN_REFUSED, settings)

    def test_nobody_sends_in_the_neighbours_name(self) -> None:
        with Submission.connect(self.peer.sending(GARE)) as submission:
            outcome = self.submit(submission, self.letter("Faux"), [DOCTOR])

        self.assertEqual((outcome.state, outcome.verdicts[0].code), (State.PERMANENT, 550))


@unittest.skipIf(real_peer_missing(), real_peer_missing())
class DovecotAndPostfixTests(Conversations, TestCase):
    @classmethod
    def start(cls) -> AbstractContextManager[Peer]:
        return real_peer()


@unittest.skipIf(dovecot.why_not(), dovecot.why_not())
class DovecotByCertificateTests(TestCase):
    def test_the_certificate_alone_opens_its_mailbox(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)  # Dovecot runs as another user
            authority = Authority(folder / "pki")
            pair = authority.client(SOLEIL)
            context = client_context(
                authority.trust, crl=authority.crl, certificate=pair.certificate, key=pair.key
            )
            with dovecot.running_dovecot(folder, authority, [SOLEIL], by_certificate=True) as server:
                server.deliver(SOLEIL, b"Subject: x\r\n\r\nbonjour\r\n")
                for security, port in zip(Security, (server.implicit, server.starttls), strict=True):
                    settings = ImapSettings(
                        host="localhost", port=port, security=security, context=context, login=SOLEIL
                    )
                    with open_mailbox(settings) as box:
                        box.select()
                        self.assertIn(b"bonjour", next(box.fetch(box.uids())).raw or b"")
