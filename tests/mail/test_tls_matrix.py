"""TLS cannot be weakened: in each case the fault is named, and not a byte of a login or a message is said."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from unittest import TestCase

from portal.mail.endpoint import Security
from portal.mail.faults import Code, MailboxFault, TransportFault, explain
from portal.mail.imap import ImapSettings, open_mailbox
from portal.mail.smtp import SmtpSettings, Submission
from portal.mail.tls import client_context
from portal.mail.wire import Limits
from sandbox.authority import KeyPair
from tests.servers.scripted import Line, Play, Server, scripted, serving, temporary_authority

SECRET = "mot de passe secret"
LOGIN = "pharmacie-du-soleil@officine-test.mssante.fr"
SAID_TOO_MUCH = (b"LOGIN", b"AUTH", b"MAIL", b"CAPABILITY", b"EXAMINE", b"MOT DE PASSE", b"SOLEIL")
BRIEF = Limits(connect=5, idle=1, command=1, final=1)
MONTH = timedelta(days=30)


def silent(line: Line) -> None:
    line.hear_nothing_more()


class Cases:
    """What holds for IMAP and SMTP alike; the two classes at the end say how each is spoken."""

    greeting: bytes
    ready: bytes
    refused: bytes

    def setUp(self) -> None:
        self.authority = temporary_authority()
        self.pair = self.authority.server()
        self.mine = self.authority.client(LOGIN)

    def connect(self, port: int, security: Security, context: ssl.SSLContext, host: str) -> None:
        raise NotImplementedError

    def hear_clear_lines(self, line: Line) -> None:
        raise NotImplementedError

    def context(self, *, crl: bytes | None = None) -> ssl.SSLContext:
        return client_context(
            self.authority.trust, crl=crl, certificate=self.mine.certificate, key=self.mine.key
        )

    def starttls_with(self, context: ssl.SSLContext, *, injected: bytes = b"") -> Play:
        def play(line: Line) -> None:
            line.say(self.greeting)
            self.hear_clear_lines(line)
            line.send(self.ready + b"\r\n" + injected)
            line.start_tls(context)
            line.hear_nothing_more()

        return play

    def stopped_by(
        self, code: Code, pair: KeyPair, *, context: ssl.SSLContext | None = None, host: str = "localhost"
    ) -> TransportFault:
        """Try TLS at once, and after STARTTLS, with a server that shows `pair`."""
        with scripted(silent, context=serving(pair)) as server:
            self.assert_fault(code, server, Security.IMPLICIT, context=context, host=host)
        with scripted(self.starttls_with(serving(pair))) as server:
            return self.assert_fault(code, server, Security.STARTTLS, context=context, host=host)

    def assert_fault(
        self,
        code: Code,
        server: Server,
        security: Security,
        *,
        context: ssl.SSLContext | None = None,
        host: str = "localhost",
    ) -> TransportFault:
        with self.assertRaises(TransportFault) as caught:
            self.connect(server.port, security, context or self.context(), host)
        server.stop()
        self.assertEqual((caught.exception.code, type(caught.exception)), (code, MailboxFault))
        for word in SAID_TOO_MUCH:
            self.assertNotIn(word, server.heard.upper())
        return caught.exception

    def test_a_certificate_of_another_authority(self) -> None:
        self.stopped_by(Code.TLS_CHAIN, temporary_authority("AC publique").server())

    def test_a_certificate_that_signs_itself(self) -> None:
        self.stopped_by(Code.TLS_CHAIN, temporary_authority("localhost").root())

    def test_a_certificate_for_another_name(self) -> None:
        self.stopped_by(Code.TLS_HOSTNAME, self.authority.server(("autre.example",)))

    def test_a_certificate_for_another_address(self) -> None:
        self.stopped_by(Code.TLS_HOSTNAME, self.authority.server(("autre.example",)), host="127.0.0.1")

    def test_an_expired_certificate_is_explained_with_its_date(self) -> None:
        end = datetime(2026, 11, 12, 8, tzinfo=UTC)

        fault = self.stopped_by(Code.TLS_EXPIRED, self.authority.server(start=end - MONTH, end=end))

        self.assertIn("(12/11/2026)", explain(fault))

    def test_a_certificate_of_next_month_is_explained_with_its_date(self) -> None:
        start = datetime.now(UTC) + MONTH
        pair = self.authority.server(start=start, end=start + MONTH)

        fault = self.stopped_by(Code.TLS_NOT_YET_VALID, pair)

        self.assertEqual(fault.when, start.date())

    def test_a_revoked_certificate(self) -> None:
        self.authority.revoke(self.pair)

        self.stopped_by(Code.TLS_REVOKED, self.pair, context=self.context(crl=self.authority.crl))

    def test_a_revocation_list_of_someone_else_says_nothing_about_this_server(self) -> None:
        crl = temporary_authority("Autre AC").crl

        self.stopped_by(Code.TLS_CRL, self.pair, context=self.context(crl=crl))

    def test_a_server_that_knows_only_tls_1_1(self) -> None:
        old = serving(self.pair)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with scripted(silent, context=old) as server:
            self.assert_fault(Code.TLS_PROTOCOL, server, Security.IMPLICIT)

    def test_a_server_without_forward_secrecy(self) -> None:
        old = serving(self.pair)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
        with scripted(silent, context=old) as server:
            fault = self.assert_fault(Code.TLS_PROTOCOL, server, Security.IMPLICIT)

        self.assertIn("handshake failure", fault.detail)

    def test_a_server_that_speaks_in_clear_where_tls_is_due(self) -> None:
        def play(line: Line) -> None:
            line.say(self.greeting)
            line.hear_nothing_more()

        with scripted(play) as server:
            self.assert_fault(Code.TLS_PROTOCOL, server, Security.IMPLICIT)

    def test_starttls_stripped_by_someone_on_the_line(self) -> None:
        def play(line: Line) -> None:
            line.say(self.greeting)
            self.hear_clear_lines(line)
            line.say(self.refused)
            line.hear_nothing_more()

        with scripted(play) as server:
            self.assert_fault(Code.STARTTLS_MISSING, server, Security.STARTTLS)

    def test_clear_bytes_slipped_in_before_the_handshake(self) -> None:
        play = self.starttls_with(serving(self.pair), injected=self.greeting + b"\r\n")
        with scripted(play) as server:
            self.assert_fault(Code.STARTTLS_TAMPERED, server, Security.STARTTLS)

    def test_a_server_that_wants_a_certificate_that_we_do_not_have(self) -> None:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            strict = serving(self.pair, clients=self.authority)
            strict.maximum_version = version
            with scripted(silent, context=strict) as server:
                self.assert_fault(
                    Code.TLS_CLIENT_CERTIFICATE,
                    server,
                    Security.IMPLICIT,
                    context=client_context(self.authority.trust),
                )

    def test_a_server_that_refuses_our_certificate(self) -> None:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            strict = serving(self.pair, clients=temporary_authority())
            strict.maximum_version = version
            with scripted(silent, context=strict) as server:
                self.assert_fault(Code.TLS_CLIENT_CERTIFICATE, server, Security.IMPLICIT)

    def test_a_server_that_hangs_up_right_after_the_handshake(self) -> None:
        with scripted(lambda line: line.close(), context=serving(self.pair)) as server:
            self.assert_fault(Code.TLS_CLIENT_CERTIFICATE, server, Security.IMPLICIT)

    def test_nothing_is_refused_when_nothing_is_wrong(self) -> None:
        """The control: with a good certificate the client waits for the server to speak."""
        with scripted(silent, context=serving(self.pair)) as server:
            with self.assertRaises(TransportFault) as caught:
                context = self.context(crl=self.authority.crl)
                self.connect(server.port, Security.IMPLICIT, context, "localhost")

            self.assertEqual(caught.exception.code, Code.TIMEOUT)


class ImapTlsTests(Cases, TestCase):
    greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"
    ready = b"S1 OK go ahead"
    refused = b"S1 BAD no such command"

    def hear_clear_lines(self, line: Line) -> None:
        self.assertEqual(line.hear(), b"S1 STARTTLS")

    def connect(self, port: int, security: Security, context: ssl.SSLContext, host: str) -> None:
        settings = ImapSettings(
            host=host,
            port=port,
            security=security,
            context=context,
            login=LOGIN,
            password=SECRET,
            limits=BRIEF,
        )
        with open_mailbox(settings):
            pass

    def test_a_greeting_that_claims_to_be_logged_in_before_tls(self) -> None:
        def play(line: Line) -> None:
            line.say(b"* PREAUTH welcome home")
            line.hear_nothing_more()

        with scripted(play) as server:
            self.assert_fault(Code.PROTOCOL, server, Security.STARTTLS)

            self.assertEqual(server.heard, b"")

    def test_a_greeting_that_claims_to_be_logged_in_under_tls(self) -> None:
        def play(line: Line) -> None:
            line.say(b"* PREAUTH welcome home")
            line.hear_nothing_more()

        with scripted(play, context=serving(self.pair)) as server:
            self.assert_fault(Code.PROTOCOL, server, Security.IMPLICIT)

    def test_a_no_to_starttls_among_untagged_noise(self) -> None:
        def play(line: Line) -> None:
            line.say(self.greeting)
            self.hear_clear_lines(line)
            line.say(b"* CAPABILITY IMAP4rev1", b"S1 NO not today")
            line.hear_nothing_more()

        with scripted(play) as server:
            self.assert_fault(Code.STARTTLS_MISSING, server, Security.STARTTLS)


class SmtpTlsTests(Cases, TestCase):
    greeting = b"220 ready"
    ready = b"220 go ahead"
    refused = b"502 no such command"

    def hear_clear_lines(self, line: Line) -> None:
        self.assertIn(b"EHLO", line.hear())
        line.say(b"250-here", b"250-AUTH PLAIN LOGIN", b"250 SIZE 1000")
        self.assertEqual(line.hear(), b"STARTTLS")

    def connect(self, port: int, security: Security, context: ssl.SSLContext, host: str) -> None:
        settings = SmtpSettings(
            host=host,
            port=port,
            security=security,
            context=context,
            login=LOGIN,
            password=SECRET,
            limits=BRIEF,
        )
        with Submission.connect(settings):
            pass
