"""Tester la connexion: each step is told as it goes, and a fault in French with the step at which it stopped."""

from __future__ import annotations

import tempfile
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from cryptography import x509
from django.db import connection
from django.utils import timezone

from portal.audit.models import Entry
from portal.mail import walk
from portal.mail.endpoint import Security
from portal.mail.faults import Code, TemporaryFault
from portal.mail.walk import STEPS, Side, Step, StepState
from portal.mailboxes import probing
from portal.mailboxes.actions import Server, record_fetch_fault
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox, Probe, ProbeState
from portal.mailboxes.probe_words import ShownStep, shown_sides
from portal.mailboxes.probing import PATIENCE, ask_probe, ask_servers, findings_of, run_due, worked
from sandbox.authority import KeyPair
from sandbox.operator import Operator, running_operator
from sandbox.people import SOLEIL
from tenants.context import leave
from tenants.wakeups import claim_due
from tests.base import PharmacyTestCase
from tests.mailboxes.boxes import box_at, open_box
from tests.servers.peers import Peer, real_peer, real_peer_missing
from tests.servers.scripted import Line, scripted, serving, temporary_authority

FINE = StepState.OK
MONTH = timedelta(days=30)


class ProbeTestCase(PharmacyTestCase):
    def tried(self, box: Mailbox) -> Probe:
        ask_probe(box, by=self.nadia)
        run_due()
        return Probe.objects.get(mailbox=box)

    def states(self, probe: Probe, side: Side) -> dict[Step, StepState]:
        return {found.step: found.state for found in findings_of(probe) if found.side is side}

    def step(self, box: Mailbox, side: Side, step: Step) -> ShownStep:
        """What is shown of this step after a try, which must be the one that failed."""
        probe = self.tried(box)
        at = STEPS[side].index(step)
        states = list(self.states(probe, side).values())
        self.assertEqual(
            states, [FINE] * at + [StepState.FAILED] + [StepState.NOT_REACHED] * (len(states) - at - 1)
        )
        shown = shown_sides(box, findings_of(probe), today=timezone.localdate())
        return shown[list(Side).index(side)].steps[at]


class AtTheSandbox(ProbeTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.operator: Operator = cls.enterClassContext(running_operator(Path(folder)))

    def credentials(self, pair: KeyPair, **more: Any) -> Credentials:
        return Credentials(certificate=pair.certificate.decode(), key=pair.key.decode(), **more)

    def test_every_step_works_and_the_days_left_are_said(self) -> None:
        box = box_at(self.operator)
        probe = self.tried(box)

        self.assertEqual((worked(probe, Side.READING), worked(probe, Side.SENDING)), (True, True))
        reading, sending = shown_sides(box, findings_of(probe), today=timezone.localdate())
        self.assertIn("AC du bac à sable", reading.steps[2].line)
        self.assertRegex(reading.steps[2].line, r"Certificat de la pharmacie.*\(36\d.jours\)")
        self.assertIn("Rien n’a été envoyé", sending.steps[-1].line)
        self.assertEqual(self.operator.accepted, [])

    def test_the_journal_says_who_asked_and_what_came_of_it(self) -> None:
        box = box_at(self.operator, smtp=Server("localhost", 9))
        self.tried(box)

        asked, done = Entry.objects.filter(event__startswith="mailbox:test").order_by("n")
        self.assertEqual((asked.actor, asked.object_id), (self.nadia.pk, box.pk))
        self.assertEqual(done.detail, "reading=ok sending=refused")

    def test_a_servers_certificate_that_openssl_takes_and_we_cannot_read_is_passed_over(self) -> None:
        for odd in (ValueError("ASN.1"), x509.InvalidVersion("4", 4)):
            with (
                self.subTest(odd),
                mock.patch.object(walk.x509, "load_der_x509_certificate", side_effect=odd),
            ):
                probe = self.tried(box_at(self.operator))
                self.assertEqual((worked(probe, Side.READING), worked(probe, Side.SENDING)), (True, True))
                Probe.objects.all().delete()
                Mailbox.objects.all().delete()

    def test_once_all_works_a_mailbox_that_was_down_is_read_at_once(self) -> None:
        box = box_at(self.operator)
        record_fetch_fault(box, TemporaryFault(Code.REFUSED))
        self.assertFalse(Mailbox.objects.due().exists())
        self.tried(box)
        self.assertTrue(Mailbox.objects.due().exists())

    def test_reading_may_work_where_sending_is_refused(self) -> None:
        box = box_at(self.operator, smtp=Server("localhost", 9))
        shown = self.step(box, Side.SENDING, Step.REACH)

        self.assertIn("refuse la connexion", shown.line)
        self.assertIn("Vérifiez le port", shown.todo)
        self.assertTrue(worked(Probe.objects.get(), Side.READING))

    def test_a_server_whose_name_nobody_knows(self) -> None:
        box = box_at(self.operator, imap=Server("imap.nulle-part.invalid", 993))
        shown = self.step(box, Side.READING, Step.NAME)
        self.assertIn("introuvable", shown.line)
        self.assertIn("Corrigez le nom du serveur", shown.todo)

    def test_an_authority_that_is_not_the_operators(self) -> None:
        box = box_at(self.operator, trust_pem=temporary_authority().trust.decode(), crl_pem="")
        shown = self.step(box, Side.READING, Step.TLS)
        self.assertIn("autorité de confiance", shown.line)

    def test_a_certificate_of_ours_that_has_expired(self) -> None:
        end = datetime.now(UTC) - MONTH
        pair = self.operator.authority.client(SOLEIL, start=end - MONTH, end=end)
        for side in Side:
            shown = self.step(
                box_at(self.operator, f"{side}@officine-test.mssante.fr", credentials=self.credentials(pair)),
                side,
                Step.TLS,
            )
            self.assertIn(f"a expiré le {end:%d/%m/%Y}", shown.line)
            self.assertIn("Demandez-en un nouveau", shown.todo)

    def test_no_certificate_where_one_is_wanted(self) -> None:
        box = box_at(self.operator, credentials=Credentials(password="peu importe"))
        shown = self.step(box, Side.READING, Step.TLS)
        self.assertIn("n’en a aucun", shown.line)

    def test_a_certificate_soon_to_expire_works_and_is_to_be_renewed(self) -> None:
        pair = self.operator.authority.client(SOLEIL, end=datetime.now(UTC) + timedelta(days=12))
        box = box_at(self.operator, credentials=self.credentials(pair))
        probe = self.tried(box)
        tls = shown_sides(box, findings_of(probe), today=timezone.localdate())[0].steps[2]
        self.assertEqual((tls.state, tls.soon), (FINE, True))

    def test_a_wrong_password(self) -> None:
        pair = self.operator.client_certificate(SOLEIL)
        box = box_at(self.operator, credentials=self.credentials(pair, password="faux"))
        shown = self.step(box, Side.READING, Step.LOGIN)
        self.assertIn("refuse l’identifiant ou le mot de passe", shown.line)

    def test_a_folder_that_is_not_there(self) -> None:
        shown = self.step(box_at(self.operator, folder="Ordonnances"), Side.READING, Step.FOLDERS)
        self.assertIn("n’existe pas", shown.line)

    def test_credentials_that_nobody_can_open_any_more(self) -> None:
        box = box_at(self.operator)
        Mailbox.objects.filter(pk=box.pk).update(credentials=b"autre chose")
        probe = self.tried(box)
        self.assertEqual(
            list(self.states(probe, Side.READING).values()),
            [StepState.NOT_REACHED] * 2 + [StepState.FAILED] + [StepState.NOT_REACHED] * 2,
        )

    def test_nothing_secret_and_no_servers_word_is_kept(self) -> None:
        pair = self.operator.client_certificate(SOLEIL)
        box = box_at(self.operator, credentials=self.credentials(pair, password="secret-de-la-bal"))
        self.tried(box)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(p)::text FROM mailboxes_probe p")
            kept = cursor.fetchone()[0]
        for word in ("secret-de-la-bal", "Bac a sable MSSante", "PRIVATE", "pymap"):
            self.assertNotIn(word, kept)


class AtOddServers(ProbeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.authority = temporary_authority()

    @contextmanager
    def box(
        self, pair: KeyPair | None, *, security: Security = Security.IMPLICIT, play: Any = None
    ) -> Iterator[Mailbox]:
        context = serving(pair) if pair else None
        with scripted(play or (lambda line: line.hear_nothing_more()), context=context) as server:
            where = Server("localhost", server.port, security)
            yield open_box(imap=where, smtp=where, trust_pem=self.authority.trust.decode())

    def test_a_server_whose_certificate_has_expired(self) -> None:
        end = datetime(2026, 11, 12, 8, tzinfo=UTC)
        with self.box(self.authority.server(start=end - MONTH, end=end)) as box:
            shown = self.step(box, Side.READING, Step.TLS)
        self.assertIn("(12/11/2026)", shown.line)
        self.assertIn("renouveler ce certificat", shown.todo)

    def test_a_certificate_for_another_name(self) -> None:
        with self.box(self.authority.server(("autre.example",))) as box:
            self.assertIn("un autre nom", self.step(box, Side.READING, Step.TLS).line)

    def test_no_encryption_on_this_port(self) -> None:
        def play(line: Line) -> None:
            line.say(b"* OK ready")
            line.hear()
            line.say(b"S1 BAD unknown command")
            line.hear_nothing_more()

        with self.box(None, security=Security.STARTTLS, play=play) as box:
            shown = self.step(box, Side.READING, Step.TLS)
        self.assertIn("ne propose pas de connexion chiffrée", shown.line)

    def test_a_revoked_certificate_of_ours(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with running_operator(Path(folder)) as first:
                pair = first.client_certificate(SOLEIL)
                first.authority.revoke(pair)
            with running_operator(Path(folder)) as operator:
                shown = self.step(box_at(operator), Side.READING, Step.TLS)
        self.assertIn("a été révoqué", shown.line)


class HowItIsAsked(ProbeTestCase):
    def test_it_is_due_at_once(self) -> None:
        ask_probe(open_box(), by=self.nadia)
        leave()
        self.assertIn("probe", [due.what for due in claim_due()])

    def test_asked_twice_it_is_tried_once(self) -> None:
        box = open_box()
        for _ in range(2):
            ask_probe(box, by=self.nadia)
        self.assertEqual(Probe.objects.count(), 1)

    def test_a_try_whose_worker_died_is_done_again(self) -> None:
        box = open_box()
        probe = ask_probe(box, by=self.nadia)
        died = timezone.now() - PATIENCE - timedelta(seconds=5)
        Probe.objects.filter(pk=probe.pk).update(state=ProbeState.RUNNING, begun_at=died)
        run_due()
        self.assertEqual(Probe.objects.get().state, ProbeState.DONE)

    def test_a_try_that_breaks_off_is_over_and_the_next_one_is_made(self) -> None:
        first = ask_probe(open_box(), by=self.nadia)
        ask_servers("officine-test.mssante.fr", by=self.nadia)
        with (
            mock.patch.object(probing, "walk_reading", side_effect=RuntimeError("odd")),
            mock.patch.object(probing, "find_servers", side_effect=RuntimeError("odd")),
            self.assertLogs("portal.mailboxes.probing", "ERROR") as logged,
        ):
            run_due()

        self.assertEqual(len(logged.records), 2)
        self.assertEqual(set(Probe.objects.values_list("state", flat=True)), {ProbeState.DONE})
        first.refresh_from_db()
        self.assertFalse(first.works)


@unittest.skipIf(real_peer_missing(), real_peer_missing())
class AtDovecotAndPostfix(ProbeTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.peer: Peer = cls.enterClassContext(real_peer())

    def box(self, **changes: Any) -> Mailbox:
        pair = self.peer.authority.keep(f"client.{SOLEIL}", lambda: self.peer.authority.client(SOLEIL))
        options: dict[str, Any] = {
            "imap": Server("localhost", self.peer.imap[Security.STARTTLS], Security.STARTTLS),
            "smtp": Server("localhost", self.peer.smtp[Security.STARTTLS], Security.STARTTLS),
            "credentials": Credentials(
                certificate=pair.certificate.decode(),
                key=pair.key.decode(),
                password=self.peer.passwords[SOLEIL],
            ),
            "trust_pem": self.peer.authority.trust.decode(),
            "crl_pem": self.peer.authority.crl.decode(),
        }
        return open_box(**(options | changes))

    def test_sending_works_up_to_the_message_that_is_not_sent(self) -> None:
        pair = self.peer.authority.keep(f"client.{SOLEIL}", lambda: self.peer.authority.client(SOLEIL))
        mine = Credentials(certificate=pair.certificate.decode(), key=pair.key.decode())
        probe = self.tried(self.box(credentials=mine))
        self.assertTrue(worked(probe, Side.SENDING), probe.findings)

    def test_a_server_that_wants_a_certificate_only_when_one_signs_in(self) -> None:
        box = self.box(credentials=Credentials(password=self.peer.passwords[SOLEIL]))
        self.assertIn("n’en a aucun", self.step(box, Side.READING, Step.LOGIN).line)

    def test_a_server_that_wants_it_at_the_handshake(self) -> None:
        box = self.box(credentials=Credentials(password=self.peer.passwords[SOLEIL]))
        self.assertIn("n’en a aucun", self.step(box, Side.SENDING, Step.TLS).line)

    def test_reading_works_step_by_step(self) -> None:
        probe = self.tried(self.box())
        self.assertTrue(worked(probe, Side.READING), probe.findings)

    def test_a_wrong_password(self) -> None:
        pair = self.peer.authority.keep(f"client.{SOLEIL}", lambda: self.peer.authority.client(SOLEIL))
        wrong = Credentials(certificate=pair.certificate.decode(), key=pair.key.decode(), password="faux")
        shown = self.step(self.box(credentials=wrong), Side.READING, Step.LOGIN)
        self.assertIn("refuse l’identifiant", shown.line)
