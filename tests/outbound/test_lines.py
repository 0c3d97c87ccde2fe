"""Kept lines: one log-in for a burst, never an old one under new settings, never a lost message for a broken one."""

from __future__ import annotations

import time
from contextlib import suppress
from unittest import mock

from portal.mail.smtp import Submission
from portal.mailboxes.models import Mailbox
from portal.outbound.deliver import deliver_due
from portal.outbound.lines import Lines, connect, kept_lines
from portal.outbound.models import Delivery, DeliveryState
from sandbox.people import DOCTOR
from tests.outbound.stage import OutboundTestCase
from tests.servers.scripted import Line, Play, Server, scripted, serving


def greet(line: Line) -> None:
    line.say(b"220 operateur")
    line.hear()
    line.say(b"250-operateur", b"250 AUTH PLAIN")
    line.hear()
    line.say(b"235 2.7.0 ok")


def take_one(line: Line) -> None:
    """MAIL, RCPT, DATA, the message, 250."""
    for answer in (b"250 ok", b"250 ok", b"354 go"):
        line.hear()
        line.say(answer)
    line.hear_message()
    line.say(b"250 2.0.0 taken")


def take_all(line: Line) -> None:
    greet(line)
    with suppress(EOFError):
        while True:
            take_one(line)


def take_one_then_send_us_away(line: Line) -> None:
    greet(line)
    take_one(line)
    line.hear()
    line.say(b"421 4.3.2 closing")


def take_one_then_break(line: Line) -> None:
    greet(line)
    take_one(line)
    line.hear()
    line.close()


class ABurst(OutboundTestCase):
    def deliver_two(self, *plays: Play) -> Server:
        with scripted(*plays, context=serving(self.operator.authority.server())) as server:
            Mailbox.objects.update(smtp_port=server.port)
            for text in ("Un", "Deux"):
                self.send(self.letter(text=text))
            self.wait(seconds=10)
            deliver_due()
            kept_lines().close_all()
        self.assertEqual(Delivery.objects.filter(state=DeliveryState.SENT).count(), 2)
        self.assertEqual(server.sealed.count(b"\r\nSubject: Question\r\n"), 2)
        return server

    def test_two_messages_log_in_once(self) -> None:
        self.assertEqual(self.deliver_two(take_all).connections, 1)

    def test_a_line_that_the_server_gives_up_is_replaced_at_once(self) -> None:
        for play in (take_one_then_send_us_away, take_one_then_break):
            with self.subTest(play=play.__name__):
                self.assertEqual(self.deliver_two(play, take_all).connections, 2)
                Delivery.objects.update(message=None)
                Delivery.objects.all().delete()


class Keeping(OutboundTestCase):
    def test_a_kept_line_is_taken_once(self) -> None:
        lines = Lines()
        lines.keep(self.mailbox, connect(self.mailbox))

        line = lines.take(self.mailbox)

        assert line is not None
        self.assertIsNone(lines.take(self.mailbox))
        line.close()

    def test_new_settings_never_meet_an_old_line(self) -> None:
        lines = Lines()
        lines.keep(self.mailbox, connect(self.mailbox))

        self.mailbox.crl_pem = ""

        self.assertIsNone(lines.take(self.mailbox))
        lines.close_all()

    def test_a_line_that_nobody_uses_is_closed_after_a_while(self) -> None:
        lines, line = Lines(), connect(self.mailbox)
        with mock.patch("portal.outbound.lines.KEEP_SECONDS", 0.05):
            lines.keep(self.mailbox, line)
            for _ in range(100):
                if not line.alive:
                    break
                time.sleep(0.02)

        self.assertFalse(line.alive)
        self.assertIsNone(lines.take(self.mailbox))

    def test_a_line_that_was_given_back_is_left_alone(self) -> None:
        """Another thread may have taken it: asking whether it lives would eat the first byte of its answer."""
        real = Submission.alive.fget
        assert real is not None
        touched: list[Submission] = []

        def watched(line: Submission) -> bool:
            if any(kept.line is line for every in kept_lines()._kept.values() for kept in every):
                touched.append(line)
            return bool(real(line))

        with mock.patch.object(Submission, "alive", property(watched)):
            self.send_now()
            self.send_now(DOCTOR, text="Encore")

        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(touched, [])

    def test_a_burst_of_messages_reaches_everybody_over_one_line(self) -> None:
        self.send_now()
        kept = kept_lines().take(self.mailbox)
        assert kept is not None
        kept_lines().keep(self.mailbox, kept)

        self.send_now(DOCTOR, text="Encore")

        self.assertIs(kept_lines().take(self.mailbox), kept)
        kept.close()
