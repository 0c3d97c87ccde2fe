"""The stand-in operator keeps what it accepted, reports what it could not deliver, and fails on request."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest import TestCase

from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.imap import ImapSettings, open_mailbox
from portal.mail.smtp import Outcome, SmtpSettings, State, Submission
from portal.mail.tls import client_context
from sandbox.faults import write_faults
from sandbox.operator import Operator, known_ports, running_operator
from sandbox.people import DOCTOR, DOCTORS, PATIENT, PATIENTS, SOLEIL
from sandbox.store import Store, UnknownMailbox

CHECKOUT = Path(__file__).resolve().parents[2]
RAW = b"Message-ID: <1@soleil>\r\nSubject: x\r\n\r\nbonjour\r\n"
PATIENCE = 10.0


def soon(ready: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError("not in time")
        time.sleep(0.05)


class Sandbox(TestCase):
    def setUp(self) -> None:
        self.stack = ExitStack()
        self.addCleanup(self.stack.close)
        self.state = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))

    def start(self) -> Operator:
        return self.stack.enter_context(running_operator(self.state))

    def sending(self, operator: Operator, mailbox: str = SOLEIL) -> SmtpSettings:
        pair = operator.client_certificate(mailbox)
        context = client_context(operator.trust_pem, certificate=pair.certificate, key=pair.key)
        return SmtpSettings(host="localhost", port=operator.smtp_port, context=context)

    def reading(self, operator: Operator, mailbox: str = SOLEIL) -> ImapSettings:
        pair = operator.client_certificate(mailbox)
        context = client_context(operator.trust_pem, certificate=pair.certificate, key=pair.key)
        return ImapSettings(host="localhost", port=operator.imap_port, context=context, login=mailbox)

    def send(self, operator: Operator, *to: str, raw: bytes = RAW) -> Outcome:
        with Submission.connect(self.sending(operator)) as submission:
            return submission.send(
                raw, sender=SOLEIL, recipients=to, envelope_id="envelope", before_dot=lambda: True
            )


class DeliveryTests(Sandbox):
    def test_mailboxes_of_patients_and_doctors_are_made_when_first_written_to(self) -> None:
        operator = self.start()

        self.send(operator, PATIENT, DOCTOR)

        for mailbox in (PATIENT, DOCTOR):
            self.assertTrue(operator.mailbox(mailbox)[0].endswith(RAW))

    def test_every_message_taken_over_is_noted_with_its_digest(self) -> None:
        operator = self.start()

        self.send(operator, PATIENT)

        noted = operator.accepted[0]
        self.assertEqual(
            (noted.message_id, noted.sender, noted.recipients), ("<1@soleil>", SOLEIL, [PATIENT])
        )
        self.assertEqual(noted.sha256, hashlib.sha256(RAW).hexdigest())
        self.assertEqual(noted.envelope_id, "envelope")

    def test_a_closed_mailbox_is_reported_later_under_the_known_subject(self) -> None:
        operator = self.start()

        for closed in (f"ferme.cabinet@{DOCTORS}", f"199035121518989@{PATIENTS}"):
            self.assertEqual(self.send(operator, closed).state, State.ACCEPTED)

        soon(lambda: len(operator.mailbox(SOLEIL)) == 2)
        report = operator.mailbox(SOLEIL)[0]
        self.assertIn(b"Subject: =?utf-8?q?Message_non_distribu=C3=A9?=", report)
        self.assertIn(b"Action: failed\r\nStatus: 5.2.1", report)
        self.assertIn(f"Original-Recipient: rfc822;ferme.cabinet@{DOCTORS}".encode(), report)

    def test_an_address_of_mon_espace_sante_must_be_an_ins(self) -> None:
        operator = self.start()

        outcome = self.send(operator, f"jean.dupont@{PATIENTS}", f"2790351215189@{PATIENTS}")

        self.assertEqual([verdict.code for verdict in outcome.verdicts], [550, 550])

    def test_what_tests_put_in_a_mailbox_is_fetched_byte_for_byte(self) -> None:
        operator = self.start()
        odd = b"no header\nlone \r and \n and \0 and \xff" + b"x" * 5000

        operator.deliver(SOLEIL, odd)

        with open_mailbox(self.reading(operator)) as box:
            box.select()
            self.assertEqual(next(box.fetch(box.uids())).raw, odd)

    def test_a_mail_that_comes_during_a_session_is_seen_in_it(self) -> None:
        operator = self.start()
        with open_mailbox(self.reading(operator)) as box:
            box.select()
            self.assertEqual(box.uids(), [])
            operator.deliver(SOLEIL, RAW)

            soon(lambda: box.uids() == [1])

    def test_a_rebuilt_mailbox_has_another_uidvalidity_and_other_uids(self) -> None:
        operator = self.start()
        for text in (b"one", b"two", b"three"):
            operator.deliver(SOLEIL, b"\r\n" + text)
        with open_mailbox(self.reading(operator)) as box:
            before = box.select()

        operator.renumber(SOLEIL)

        with open_mailbox(self.reading(operator)) as box:
            self.assertNotEqual(box.select(), before)
            self.assertEqual(
                [found.raw for found in box.fetch(box.uids())], [b"\r\nthree", b"\r\ntwo", b"\r\none"]
            )


class FaultTests(Sandbox):
    def test_greylisting_ends_after_the_told_number_of_tries(self) -> None:
        operator = self.start()
        operator.faults.greylist = 1

        states = [self.send(operator, PATIENT).state for _ in range(2)]

        self.assertEqual(states, [State.TEMPORARY, State.ACCEPTED])

    def test_a_line_cut_after_the_dot_leaves_us_uncertain_whether_kept_or_not(self) -> None:
        operator = self.start()
        for fault, kept in (("drop_after_dot", 1), ("drop_before_keeping", 1)):
            setattr(operator.faults, fault, 1)

            self.assertEqual(self.send(operator, PATIENT).state, State.UNCERTAIN)
            self.assertEqual(len(operator.accepted), kept)

    def test_a_refused_recipient_and_refused_content(self) -> None:
        operator = self.start()
        operator.faults.refuse_recipients = [DOCTOR]
        self.assertEqual(self.send(operator, DOCTOR).state, State.PERMANENT)
        operator.faults.refuse_data = 1
        self.assertEqual(self.send(operator, PATIENT).data_code, 554)
        self.assertEqual(operator.accepted, [])

    def test_refused_logins_stop_the_mailbox(self) -> None:
        operator = self.start()
        operator.faults.refuse_logins = True

        with self.assertRaises(MailboxFault), open_mailbox(self.reading(operator)):
            pass

    def test_an_operator_that_is_down_refuses_and_comes_back_on_the_same_ports(self) -> None:
        operator = self.start()
        operator.set_down(True)
        for attempt in (lambda: self.send(operator, PATIENT), lambda: self.read(operator)):
            with self.assertRaises(TemporaryFault) as caught:
                attempt()
            self.assertEqual(caught.exception.code, Code.REFUSED)

        operator.set_down(False)

        self.assertEqual(self.send(operator, PATIENT).state, State.ACCEPTED)

    def read(self, operator: Operator) -> None:
        with open_mailbox(self.reading(operator)):
            pass

    def test_another_process_sets_faults_through_a_file(self) -> None:
        operator = self.start()

        write_faults(self.state / "faults.json", {"greylist": 3, "down": True})

        soon(lambda: operator.faults.greylist == 3 and operator.faults.down)
        with self.assertRaises(ValueError):
            write_faults(self.state / "faults.json", {"grelist": 3})

    def test_a_revoked_certificate_no_longer_gets_in(self) -> None:
        state = self.state
        operator = Operator(state)
        operator.authority.revoke(operator.client_certificate(SOLEIL))

        running = self.start()

        with self.assertRaises(TransportFault) as caught:
            self.send(running, PATIENT)
        self.assertEqual(caught.exception.code, Code.TLS_CLIENT_CERTIFICATE)


class ProgramTests(Sandbox):
    """The operator and its people as programs of their own."""

    def run_operator(self) -> subprocess.Popen[bytes]:
        ports = self.state / "ports.json"
        ports.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--state", str(self.state)],
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        soon(ports.exists)
        return process

    def person(self, who: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"sandbox.{who}", "--state", str(self.state), *arguments],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def test_nothing_accepted_is_lost_by_a_kill(self) -> None:
        process = self.run_operator()
        operator = Operator(self.state)
        operator.ports = known_ports(self.state)
        for number in range(20):
            self.send(operator, PATIENT, raw=b"Message-ID: <%d@soleil>\r\n\r\nbonjour\r\n" % number)
        process.kill()
        process.wait()

        self.assertEqual(
            [noted.message_id for noted in operator.accepted], [f"<{n}@soleil>" for n in range(20)]
        )
        self.assertEqual(len(operator.mailbox(PATIENT)), 20)
        self.run_operator()
        operator.ports = known_ports(self.state)
        soon(lambda: len(operator.mailbox(SOLEIL)) == 20)  # the reports of success, written before the kill

    def test_a_patient_writes_with_a_file_and_reads_the_answer(self) -> None:
        self.run_operator()
        operator = Operator(self.state)
        operator.ports = known_ports(self.state)
        file = self.state / "ordonnance été.pdf"
        file.write_bytes(b"%PDF-1.4 nothing")

        sent = self.person("patient", "send", str(file), "--subject", "Ma question", "--to", "soleil")
        self.send(operator, PATIENT, raw=RAW)
        read = self.person("patient", "read")

        self.assertEqual(sent.returncode, 0, sent.stderr)
        came = operator.mailbox(SOLEIL)[0]
        self.assertIn(b"Subject: Ma question", came)
        self.assertIn(b"application/pdf", came)
        self.assertIn(f"From: Dominique PAT-TROIS <{PATIENT}>".encode(), came)
        self.assertIn("bonjour", read.stdout)

    def test_a_doctor_sends_a_whole_message_from_a_file(self) -> None:
        self.run_operator()
        file = self.state / "lettre.eml"
        file.write_bytes(b"From: x\nSubject: tel quel\n\ncorps\n")

        sent = self.person("doctor", "send", str(file), "--to", "gare")

        self.assertEqual(sent.returncode, 0, sent.stderr)
        gare = Operator(self.state).mailbox("pharmacie-de-la-gare@officine-test.mssante.fr")
        self.assertTrue(gare[0].endswith(b"From: x\r\nSubject: tel quel\r\n\r\ncorps\r\n"))

    def test_without_an_operator_the_person_is_told_in_french(self) -> None:
        process = self.run_operator()
        process.kill()
        process.wait()

        sent = self.person("doctor", "send")

        self.assertEqual(sent.returncode, 1)
        self.assertRegex(sent.stdout, re.escape("Le serveur de l’opérateur refuse la connexion."))


class StoreTests(Sandbox):
    def test_a_uid_is_never_given_twice(self) -> None:
        store = Store(self.state / "mail")
        store.deliver(SOLEIL, b"one")
        last = store.deliver(SOLEIL, b"two").uid
        store.remove(SOLEIL, last)

        self.assertGreater(Store(self.state / "mail").deliver(SOLEIL, b"three").uid, last)

    def test_an_address_never_leaves_the_folder(self) -> None:
        store = Store(self.state / "mail")
        for address in ("../x@y", "a/b@c", "", "x", "a@../b", "a\0@b"):
            self.assertFalse(store.exists(address))
            with self.assertRaises(UnknownMailbox):
                store.messages(address)
