"""What the server says about each recipient is kept, and the dot is sent once, with leave, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from unittest import TestCase
from unittest.mock import patch

from portal.mail import smtp
from portal.mail.faults import Code, MailboxFault, PermanentFault, TemporaryFault, TransportFault
from portal.mail.smtp import FenceLost, Outcome, SmtpSettings, State, Submission
from portal.mail.tls import client_context
from portal.mail.wire import Limits
from tests.servers.scripted import Line, Server, scripted, serving, temporary_authority

RAW = b"Message-ID: <a@b>\r\nSubject: x\r\n\r\n.one\r\n..two\r\nthree\r\n"
CLAIRE = "claire@officine-test.mssante.fr"
MARTIN = "martin@medecin-test.mssante.fr"
PETIT = "petit@medecin-test.mssante.fr"
DURAND = "durand@medecin-test.mssante.fr"
BRIEF = Limits(connect=5, idle=1, command=1, final=0.5)


def yes() -> bool:
    return True


class Script(TestCase):
    """Plays the answers of a test: EHLO first, then one answer a command."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        authority = temporary_authority()
        cls.context = serving(authority.server())
        cls.settings = SmtpSettings(
            host="localhost", port=0, context=client_context(authority.trust), limits=BRIEF
        )

    def send(
        self,
        play: Callable[[Line], None],
        *,
        to: tuple[str, ...] = (MARTIN,),
        raw: bytes = RAW,
        features: tuple[bytes, ...] = (),
        before_dot: Callable[[], bool] = yes,
        settings: SmtpSettings | None = None,
    ) -> Outcome:
        """One message through a new connection, on which `play` answers from MAIL on."""

        def whole(line: Line) -> None:
            line.say(b"220 ready")
            line.hear()
            line.say(b"250-here", *(b"250-" + feature for feature in features), b"250 HELP")
            play(line)

        with scripted(whole, context=self.context) as server:
            self.server: Server = server
            self.submission = Submission.connect(replace(settings or self.settings, port=server.port))
            try:
                return self.submission.send(
                    raw, sender=CLAIRE, recipients=to, envelope_id="id 1", before_dot=before_dot
                )
            finally:
                self.submission.close()

    def states(self, outcome: Outcome) -> list[tuple[State, int]]:
        return [(verdict.state, verdict.code) for verdict in outcome.verdicts]


def answering(*answers: bytes, final: bytes | None = b"250 queued") -> Callable[[Line], None]:
    """Answer MAIL, the RCPTs and DATA with `answers`; then hear the message and answer `final`."""

    def play(line: Line) -> None:
        for answer in answers:
            line.hear()
            line.say(answer)
        if answers[-1].startswith(b"354"):
            line.hear_message()
            if final is None:
                line.close()
            else:
                line.say(final)
        with suppress(EOFError):
            while line.hear():
                line.say(b"250 ok")

    return play


class VerdictTests(Script):
    def test_one_recipient_refused_never_blocks_the_others(self) -> None:
        play = answering(b"250 ok", b"250 ok", b"550 5.1.1 unknown", b"451 4.7.1 later", b"354 go")

        outcome = self.send(play, to=(MARTIN, PETIT, DURAND))

        self.assertEqual(outcome.state, State.ACCEPTED)
        self.assertEqual(
            self.states(outcome), [(State.ACCEPTED, 250), (State.PERMANENT, 550), (State.TEMPORARY, 451)]
        )
        self.assertEqual(outcome.verdicts[1].reply, "5.1.1 unknown")

    def test_when_all_are_refused_no_data_is_said_and_the_connection_serves_again(self) -> None:
        outcome = self.send(answering(b"250 ok", b"550 5.1.1 unknown"))

        self.assertEqual((outcome.state, outcome.data_code), (State.PERMANENT, 0))
        self.assertNotIn(b"DATA", self.server.heard)
        self.assertIn(b"RSET", self.server.heard)

    def test_one_who_may_still_pass_makes_the_whole_temporary(self) -> None:
        outcome = self.send(answering(b"250 ok", b"550 no", b"450 later"), to=(MARTIN, PETIT))

        self.assertEqual(outcome.state, State.TEMPORARY)

    def test_a_server_that_closes_in_mid_list_leaves_only_firm_refusals_settled(self) -> None:
        play = answering(b"250 ok", b"250 ok", b"550 5.1.1 unknown", b"421 4.3.2 closing")

        outcome = self.send(play, to=(MARTIN, PETIT, DURAND, CLAIRE))

        self.assertEqual(outcome.state, State.TEMPORARY)
        self.assertEqual(
            self.states(outcome),
            [(State.TEMPORARY, 421), (State.PERMANENT, 550), (State.TEMPORARY, 421), (State.TEMPORARY, 421)],
        )
        self.assertFalse(self.submission.alive)
        self.assertNotIn(b"DATA", self.server.heard)

    def test_a_sender_refused_settles_every_recipient(self) -> None:
        outcome = self.send(answering(b"553 5.7.1 not yours"), to=(MARTIN, PETIT))

        self.assertEqual(self.states(outcome), [(State.PERMANENT, 553)] * 2)

    def test_a_lapsed_login_stops_the_mailbox(self) -> None:
        with self.assertRaises(MailboxFault) as caught:
            self.send(answering(b"530 5.7.0 authentication required"))

        self.assertEqual(caught.exception.code, Code.LOGIN_REFUSED)

    def test_a_refusal_of_data_settles_those_who_were_accepted(self) -> None:
        play = answering(b"250 ok", b"250 ok", b"550 no", b"452 4.3.1 full")

        outcome = self.send(play, to=(MARTIN, PETIT))

        self.assertEqual(outcome.state, State.TEMPORARY)
        self.assertEqual(self.states(outcome), [(State.TEMPORARY, 452), (State.PERMANENT, 550)])
        self.assertEqual(outcome.data_code, 452)

    def test_a_refusal_after_the_dot_is_kept_for_each(self) -> None:
        for reply, state in ((b"554 5.6.0 spam", State.PERMANENT), (b"451 4.3.0 later", State.TEMPORARY)):
            outcome = self.send(
                answering(b"250 ok", b"250 ok", b"550 no", b"354 go", final=reply), to=(MARTIN, PETIT)
            )

            self.assertEqual(outcome.verdicts[0].state, state)
            self.assertEqual(self.states(outcome)[1], (State.PERMANENT, 550))
            self.assertEqual(outcome.data_code, int(reply[:3]))

    def test_a_reply_of_several_lines_is_read_whole(self) -> None:
        outcome = self.send(answering(b"250 ok", b"550-5.7.1 first\r\n550 5.7.1 second"))

        self.assertEqual(outcome.verdicts[0].reply, "5.7.1 first 5.7.1 second")


class DotTests(Script):
    def test_the_message_is_stuffed_and_ends_once(self) -> None:
        self.send(answering(b"250 ok", b"250 ok", b"354 go"))

        said = self.server.heard.partition(b"DATA\r\n")[2]
        self.assertTrue(said.startswith(RAW.replace(b"\r\n.", b"\r\n..") + b".\r\n"))
        self.assertEqual(self.server.heard.count(b"\r\n.\r\n"), 1)

    def test_leave_is_asked_when_everything_but_the_dot_was_sent(self) -> None:
        seen: list[bytes] = []

        def look() -> bool:
            seen.append(self.server.heard)
            return True

        self.send(answering(b"250 ok", b"250 ok", b"354 go"), before_dot=look)

        self.assertEqual(len(seen), 1)
        self.assertNotIn(b"\r\n.\r\n", seen[0])

    def test_without_leave_the_line_is_cut_before_the_dot(self) -> None:
        with self.assertRaises(FenceLost):
            self.send(answering(b"250 ok", b"250 ok", b"354 go"), before_dot=lambda: False)

        self.assertIn(b"three\r\n", self.server.heard)
        self.assertNotIn(b"\r\n.\r\n", self.server.heard)
        self.assertFalse(self.submission.alive)

    def test_when_asking_for_leave_fails_the_line_is_cut_before_the_dot(self) -> None:
        def broken() -> bool:
            raise ConnectionError("database gone")

        with self.assertRaises(ConnectionError):
            self.send(answering(b"250 ok", b"250 ok", b"354 go"), before_dot=broken)

        self.assertNotIn(b"\r\n.\r\n", self.server.heard)

    def test_a_line_lost_before_the_dot_sent_nothing(self) -> None:
        def play(line: Line) -> None:
            for answer in (b"250 ok", b"250 ok", b"354 go"):
                line.hear()
                line.say(answer)
            line.close()

        with self.assertRaises(TemporaryFault) as caught:
            self.send(play, raw=b"Subject: x\r\n\r\n" + b"long line\r\n" * 400_000)

        self.assertEqual(caught.exception.code, Code.CLOSED)

    def test_no_answer_to_the_dot_is_uncertain(self) -> None:
        for final in (None, b"2x0 what", b"354 again", b"250-ok\r\n251 other"):
            play = answering(b"250 ok", b"250 ok", b"550 no", b"354 go", final=final)

            outcome = self.send(play, to=(MARTIN, PETIT))

            self.assertEqual(outcome.state, State.UNCERTAIN, final)
            self.assertEqual(self.states(outcome), [(State.UNCERTAIN, 0), (State.PERMANENT, 550)])
            self.assertFalse(self.submission.alive)

    def test_silence_after_the_dot_is_uncertain_when_the_wait_is_over(self) -> None:
        def play(line: Line) -> None:
            for answer in (b"250 ok", b"250 ok", b"354 go"):
                line.hear()
                line.say(answer)
            line.hear_nothing_more()

        self.assertEqual(self.send(play).state, State.UNCERTAIN)

    def test_the_wait_after_the_dot_is_ten_minutes(self) -> None:
        self.assertEqual(Limits().final, 600)


class ConnectionTests(Script):
    def test_a_kept_connection_serves_several_messages(self) -> None:
        def play(line: Line) -> None:
            for _ in range(2):
                for answer in (b"250 ok", b"250 ok", b"354 go"):
                    line.hear()
                    line.say(answer)
                line.hear_message()
                line.say(b"250 queued")
            line.hear()
            line.say(b"221 bye")

        def whole(line: Line) -> None:
            line.say(b"220 ready")
            line.hear()
            line.say(b"250 here")
            play(line)

        with scripted(whole, context=self.context) as server:
            with Submission.connect(replace(self.settings, port=server.port)) as submission:
                for number in range(2):
                    self.assertTrue(submission.alive)
                    outcome = submission.send(
                        RAW, sender=CLAIRE, recipients=[MARTIN], envelope_id=str(number), before_dot=yes
                    )
                    self.assertEqual(outcome.state, State.ACCEPTED)

            self.assertEqual(server.connections, 1)

    def test_a_connection_that_the_server_closed_meanwhile_is_not_alive(self) -> None:
        def whole(line: Line) -> None:
            line.say(b"220 ready")
            line.hear()
            line.say(b"250 here")
            line.say(b"421 4.4.2 idle for too long")

        with scripted(whole, context=self.context) as server:
            submission = Submission.connect(replace(self.settings, port=server.port))
            server.stop()

            self.assertFalse(submission.alive)
            submission.close()

    def test_the_lease_is_renewed_during_a_slow_body(self) -> None:
        told: list[int] = []
        with patch.object(smtp, "PROGRESS_EVERY", 0.0):
            server_play = answering(b"250 ok", b"250 ok", b"354 go")

            def whole(line: Line) -> None:
                line.say(b"220 ready")
                line.hear()
                line.say(b"250 here")
                server_play(line)

            with (
                scripted(whole, context=self.context) as server,
                Submission.connect(replace(self.settings, port=server.port)) as submission,
            ):
                submission.send(
                    b"\r\n" + b"a\r\n" * 100_000,
                    sender=CLAIRE,
                    recipients=[MARTIN],
                    envelope_id="1",
                    before_dot=yes,
                    progress=lambda: told.append(1),
                )

        self.assertGreaterEqual(len(told), 5)

    def test_endless_or_malformed_replies_are_given_up(self) -> None:
        for reply in (b"250-x\r\n" * 500, b"x" * 70_000, b"banana\r\n", b"250-a\r\n550 b\r\n", b"999 x\r\n"):

            def play(line: Line, reply: bytes = reply) -> None:
                line.hear()
                line.send(reply)
                line.hear_nothing_more()

            with self.assertRaises(TemporaryFault) as caught:
                self.send(play)
            self.assertEqual(caught.exception.code, Code.PROTOCOL, reply[:10])

    def test_a_reply_that_drips_is_given_up_at_the_deadline(self) -> None:
        def play(line: Line) -> None:
            line.hear()
            line.drip(b"250-" + b"x" * 200, every=0.05)

        with self.assertRaises(TemporaryFault) as caught:
            self.send(play)

        self.assertEqual(caught.exception.code, Code.TIMEOUT)

    def test_an_unreachable_server_is_named(self) -> None:
        with scripted(lambda line: None) as server:
            port = server.port
        with self.assertRaises(TemporaryFault) as refused:
            Submission.connect(replace(self.settings, port=port))
        with self.assertRaises(TemporaryFault) as unknown:
            Submission.connect(replace(self.settings, host="nulle-part.invalid", port=port))

        self.assertEqual((refused.exception.code, unknown.exception.code), (Code.REFUSED, Code.DNS))


class ExtensionTests(Script):
    def test_reports_are_asked_only_where_the_server_can(self) -> None:
        play = answering(b"250 ok", b"250 ok", b"354 go")
        self.send(play, to=("a+b=c@medecin-test.mssante.fr",), features=(b"DSN", b"SIZE 1000000"))
        said = self.server.heard
        self.send(play)

        self.assertIn(b"MAIL FROM:<%s> SIZE=%d RET=HDRS ENVID=id+201\r\n" % (CLAIRE.encode(), len(RAW)), said)
        self.assertIn(
            b"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@medecin-test.mssante.fr\r\n", said
        )
        self.assertIn(b"MAIL FROM:<%s>\r\n" % CLAIRE.encode(), self.server.heard)

    def test_a_message_beyond_the_servers_limit_is_not_begun(self) -> None:
        with self.assertRaises(PermanentFault) as caught:
            self.send(answering(b"250 ok"), features=(b"SIZE 20",))

        self.assertEqual(caught.exception.code, Code.TOO_BIG)
        self.assertNotIn(b"MAIL", self.server.heard)


class LoginTests(Script):
    def log_in(self, *answers: bytes, features: bytes, **credentials: str) -> bytes:
        settings = replace(self.settings, login=CLAIRE, **credentials)

        def play(line: Line) -> None:
            for answer in (*answers, b"250 ok", b"250 ok", b"354 go"):
                line.hear()
                line.say(answer)
            line.hear_message()
            line.say(b"250 ok")
            line.hear()
            line.say(b"221 bye")

        self.send(play, features=(features,), settings=settings)
        return self.server.sealed

    def test_a_password_goes_by_plain_or_by_login(self) -> None:
        plain = self.log_in(b"235 ok", features=b"AUTH LOGIN PLAIN", password="secret é")
        login = self.log_in(b"334 VXNlcg==", b"334 UGFzcw==", b"235 ok", features=b"AUTH LOGIN", password="s")

        self.assertIn(b"AUTH PLAIN AGNsYWlyZUBvZmZpY2luZS10ZXN0Lm1zc2FudGUuZnIAc2VjcmV0IMOp\r\n", plain)
        self.assertIn(b"AUTH LOGIN\r\nY2xhaXJlQG9mZmljaW5lLXRlc3QubXNzYW50ZS5mcg==\r\ncw==\r\n", login)

    def test_a_certificate_alone_uses_external_where_offered_and_nothing_else_where_not(self) -> None:
        self.assertIn(b"AUTH EXTERNAL ", self.log_in(b"235 ok", features=b"AUTH EXTERNAL PLAIN"))
        self.assertNotIn(b"AUTH", self.log_in(features=b"SIZE"))

    def test_a_token_goes_by_xoauth2(self) -> None:
        self.assertIn(b"AUTH XOAUTH2 ", self.log_in(b"235 ok", features=b"AUTH XOAUTH2", token="jeton"))

    def test_a_refused_login_stops_the_mailbox_and_repeats_no_secret(self) -> None:
        with self.assertRaises(MailboxFault) as caught:
            self.log_in(b"535 5.7.8 AGNsYWly secret", features=b"AUTH PLAIN", password="secret")

        self.assertEqual(str(caught.exception), "login-refused: 535 5.7.8")

    def test_a_busy_login_is_tried_again(self) -> None:
        with self.assertRaises(TemporaryFault):
            self.log_in(b"454 4.7.0 later", features=b"AUTH PLAIN", password="secret")

    def test_a_server_without_our_way_in_is_named(self) -> None:
        with self.assertRaises(MailboxFault) as caught:
            self.log_in(features=b"AUTH GSSAPI", password="secret")

        self.assertEqual(caught.exception.code, Code.LOGIN_UNSUPPORTED)

    def test_settings_that_could_end_a_line_are_refused(self) -> None:
        for name in ("login", "password", "token", "host"):
            with self.assertRaises(TransportFault) as caught:
                replace(self.settings, **{name: "a\r\nMAIL FROM:<x>"})
            self.assertEqual(caught.exception.code, Code.SETTINGS_ADDRESS)


class SmugglingTests(Script):
    def test_nothing_but_crlf_may_end_a_line(self) -> None:
        tricks = (
            b"\n.\n",
            b"\n.\r\n",
            b"\r.\r",
            b"\r.\r\n",
            b"\r.\n",
            b"\r\n.\n",
            b"\r\n.\r",
            b"\r\n\0.\r\n",
            b"\r\r\n.\r\r\n",
        )
        for trick in tricks:
            for raw in (
                b"Subject: x" + trick + b"\r\n\r\nbody\r\n",
                b"Subject: x\r\n\r\nbody" + trick + b"MAIL\r\n",
            ):
                with self.assertRaises(PermanentFault) as caught:
                    self.send(answering(b"250 ok"), raw=raw)
                self.assertEqual(caught.exception.code, Code.UNSAFE)
                self.assertNotIn(b"MAIL", self.server.heard)

    def test_a_message_whose_last_line_is_not_ended_is_refused(self) -> None:
        with self.assertRaises(PermanentFault):
            self.send(answering(b"250 ok"), raw=b"Subject: x\r\n\r\nbody")

    def test_the_true_terminator_inside_a_message_is_stuffed(self) -> None:
        self.send(
            answering(b"250 ok", b"250 ok", b"354 go"), raw=b"a: b\r\n\r\nx\r\n.\r\nMAIL FROM:<x@y>\r\n"
        )

        self.assertIn(b"x\r\n..\r\nMAIL", self.server.heard)
        self.assertEqual(self.server.heard.count(b"\r\n.\r\n"), 1)

    def test_an_address_that_holds_more_than_an_address_is_refused(self) -> None:
        for address in ("a@b>\r\nRCPT TO:<c@d", "a@b> NOTIFY=NEVER", "<a@b", "a b@c", "é@b", "a", ""):
            with self.assertRaises(PermanentFault):
                self.send(answering(b"250 ok"), to=(address,))
            self.assertNotIn(b"MAIL", self.server.heard)
