"""A hostile or odd IMAP server costs little, is named, and never hides one message behind another."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from unittest import TestCase

from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.imap import Box, Fetched, ImapSettings, open_mailbox
from portal.mail.tls import client_context
from portal.mail.wire import MEGABYTE, Limits
from tests.servers.scripted import Line, Play, scripted, serving, temporary_authority

BRIEF = Limits(connect=5, idle=1, command=1, final=1, literal=MEGABYTE)
RAW = b"Subject: bonjour\r\n\r\ncorps\r\n"
Answer = Callable[[Line, bytes, bytes], None]


class ScriptedMailbox:
    """A small IMAP server in which a test replaces the answer to one command."""

    def __init__(self, messages: dict[int, bytes], **answers: Answer) -> None:
        self.messages = messages
        self.answers = answers
        self.said: list[bytes] = []

    def __call__(self, line: Line) -> None:
        line.say(b"* OK ready")
        with suppress(EOFError):
            while True:
                tag, _, command = line.hear().partition(b" ")
                self.said.append(command)
                name = command.upper().split()[1 if command.upper().startswith(b"UID ") else 0].decode()
                self.answers.get(name.lower(), getattr(self, f"_{name.lower()}"))(line, tag, command)

    def _capability(self, line: Line, tag: bytes, command: bytes) -> None:
        line.say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=EXTERNAL AUTH=XOAUTH2", tag + b" OK done")

    def _authenticate(self, line: Line, tag: bytes, command: bytes) -> None:
        line.say(b"+ ")
        line.hear()
        line.say(tag + b" OK welcome")

    def _examine(self, line: Line, tag: bytes, command: bytes) -> None:
        line.say(
            b"* %d EXISTS" % len(self.messages), b"* OK [UIDVALIDITY 7] valid", tag + b" OK [READ-ONLY] done"
        )

    def _search(self, line: Line, tag: bytes, command: bytes) -> None:
        line.say(b"* SEARCH" + b"".join(b" %d" % uid for uid in self.messages), tag + b" OK done")

    def _fetch(self, line: Line, tag: bytes, command: bytes) -> None:
        wanted = [int(uid) for uid in command.split()[2].split(b",")]
        for uid in wanted:
            if uid in self.messages:
                line.send(answer(uid, self.messages[uid], whole=b"BODY.PEEK" in command))
        line.say(tag + b" OK done")

    def _logout(self, line: Line, tag: bytes, command: bytes) -> None:
        line.say(b"* BYE", tag + b" OK done")


def answer(uid: int, raw: bytes, *, whole: bool, date: bytes = b"12-Nov-2026 08:00:00 +0100") -> bytes:
    head = b"* %d FETCH (UID %d RFC822.SIZE %d" % (uid, uid, len(raw))
    body = b' INTERNALDATE "%s" BODY[] {%d}\r\n%s' % (date, len(raw), raw) if whole else b""
    return head + body + b")\r\n"


def whole(command: bytes) -> bool:
    return b"BODY.PEEK" in command


class Hostile(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        authority = temporary_authority()
        cls.context = serving(authority.server())
        cls.settings = ImapSettings(
            host="localhost",
            port=0,
            context=client_context(authority.trust),
            login="pharmacie",
            password="secret",
            limits=BRIEF,
        )

    def using(self, play: Play, act: Callable[[Box], object], **changes: object) -> object:
        with scripted(play, context=self.context) as server:
            settings = replace(self.settings, port=server.port, **changes)
            with open_mailbox(settings) as box:
                return act(box)

    def fetch(self, play: Play, uids: list[int]) -> list[Fetched]:
        def act(box: Box) -> list[Fetched]:
            box.select()
            return list(box.fetch(uids))

        found = self.using(play, act)
        assert isinstance(found, list)
        return found

    def assert_fault(self, code: Code, act: Callable[[], object]) -> TransportFault:
        with self.assertRaises(TransportFault) as caught:
            act()
        self.assertEqual(caught.exception.code, code)
        return caught.exception


class ReadingTests(Hostile):
    def test_a_message_comes_byte_for_byte_with_its_date_and_nothing_is_marked(self) -> None:
        server = ScriptedMailbox({3: RAW})

        found = self.fetch(server, [3])

        self.assertEqual(found, [Fetched(3, datetime(2026, 11, 12, 7, tzinfo=UTC), len(RAW), RAW)])
        self.assertTrue(any(said.startswith(b"EXAMINE") for said in server.said))
        self.assertFalse(any(b"STORE" in said or b"SELECT" in said for said in server.said))

    def test_the_last_message_is_not_new_because_the_server_names_it(self) -> None:
        def act(box: Box) -> list[int]:
            box.select()
            return box.uids_from(9)

        self.assertEqual(self.using(ScriptedMailbox({3: RAW, 8: RAW}), act), [])

    def test_a_hundred_thousand_messages_are_listed_on_one_line(self) -> None:
        server = ScriptedMailbox(dict.fromkeys(range(1, 100_001), b""))

        def act(box: Box) -> list[int]:
            box.select()
            return box.uids()

        self.assertEqual(self.using(server, act), list(range(1, 100_001)))

    def test_a_message_expunged_meanwhile_is_left_out_without_harm(self) -> None:
        def fetch(line: Line, tag: bytes, command: bytes) -> None:
            line.say(b"* 1 EXPUNGE")
            line.send(answer(4, RAW, whole=whole(command)))
            line.say(tag + b" OK done")

        found = self.fetch(ScriptedMailbox({3: RAW, 4: RAW}, fetch=fetch), [3, 4])

        self.assertEqual([(message.uid, message.raw) for message in found], [(4, RAW)])

    def test_a_date_that_makes_no_sense_does_not_lose_the_message(self) -> None:
        for date in (b"99-Foo-2026", b"31-Dec-9999 23:00:00 -0700", b"01-Jan-2026 08:00:00 +9999"):

            def fetch(line: Line, tag: bytes, command: bytes, date: bytes = date) -> None:
                line.send(answer(3, RAW, whole=whole(command), date=date))
                line.say(tag + b" OK done")

            with self.subTest(date=date):
                found = self.fetch(ScriptedMailbox({3: RAW}, fetch=fetch), [3])
                self.assertEqual((found[0].raw, found[0].internaldate), (RAW, None))

    def test_a_number_that_imap_does_not_have_is_a_fault_of_the_server(self) -> None:
        def act(box: Box) -> object:
            box.select()
            return box.uids()

        def examine(line: Line, tag: bytes, command: bytes) -> None:
            line.say(b"* OK [UIDVALIDITY 99999999999999999999] valid", tag + b" OK [READ-ONLY] done")

        odd = [ScriptedMailbox({uid: RAW}) for uid in (0, 10**20)]
        for mailbox in (*odd, ScriptedMailbox({}, examine=examine)):
            with self.subTest(messages=mailbox.messages):
                self.assert_fault(Code.PROTOCOL, partial(self.using, mailbox, act))

    def test_a_server_that_cannot_exist_is_a_fault_of_the_settings(self) -> None:
        with self.assertRaises(MailboxFault) as caught, open_mailbox(replace(self.settings, host="imap..fr")):
            self.fail("there is no such server")

        self.assertEqual(caught.exception.code, Code.SETTINGS_ADDRESS)

    def test_a_folder_that_is_not_there_stops_the_mailbox(self) -> None:
        def examine(line: Line, tag: bytes, command: bytes) -> None:
            line.say(tag + b" NO [NONEXISTENT] no such folder")

        with self.assertRaises(MailboxFault) as caught:
            self.using(ScriptedMailbox({}, examine=examine), lambda box: box.select("Autre"))

        self.assertEqual(caught.exception.code, Code.FOLDER_MISSING)

    def test_nothing_that_could_end_a_command_is_sent(self) -> None:
        for name in ("login", "password", "token", "folder"):
            with self.assertRaises(MailboxFault):
                replace(self.settings, **{name: "x\r\nA1 DELETE INBOX"})
        server = ScriptedMailbox({})
        with self.assertRaises(MailboxFault):
            self.using(server, lambda box: box.select("x\r\nA1 DELETE INBOX"))
        self.assertFalse(any(b"DELETE" in said for said in server.said))


class LoginTests(Hostile):
    def test_each_kind_of_credential_has_its_way_in(self) -> None:
        for changes, mechanism in (
            ({}, b"PLAIN"),
            ({"password": None}, b"EXTERNAL"),
            ({"token": "jeton"}, b"XOAUTH2"),
        ):
            server = ScriptedMailbox({})
            self.using(server, lambda box: box.select(), **changes)
            self.assertIn(b"AUTHENTICATE " + mechanism, server.said)

    def test_a_refused_login_stops_the_mailbox_and_repeats_no_secret(self) -> None:
        def refuse(line: Line, tag: bytes, command: bytes) -> None:
            line.say(b"+ ")
            line.hear()
            line.say(tag + b" NO [AUTHENTICATIONFAILED] pharmacie secret is wrong")

        fault = self.assert_fault(
            Code.LOGIN_REFUSED,
            lambda: self.using(ScriptedMailbox({}, authenticate=refuse), lambda box: None),
        )

        self.assertEqual(str(fault), "login-refused: AUTHENTICATIONFAILED")
        self.assertIsInstance(fault, MailboxFault)

    def test_a_busy_login_is_tried_again(self) -> None:
        def refuse(line: Line, tag: bytes, command: bytes) -> None:
            line.say(tag + b" NO [UNAVAILABLE] later")

        fault = self.assert_fault(
            Code.THROTTLED,
            lambda: self.using(ScriptedMailbox({}, authenticate=refuse), lambda box: None),
        )

        self.assertIsInstance(fault, TemporaryFault)

    def test_a_server_without_our_way_in_is_named(self) -> None:
        def capability(line: Line, tag: bytes, command: bytes) -> None:
            line.say(b"* CAPABILITY IMAP4rev1 LOGINDISABLED", tag + b" OK done")

        for changes in ({"password": None}, {"token": "jeton"}, {}):
            self.assert_fault(
                Code.LOGIN_UNSUPPORTED,
                lambda given=changes: self.using(
                    ScriptedMailbox({}, capability=capability), lambda box: None, **given
                ),
            )


class SilenceTests(Hostile):
    def test_no_log_of_any_level_holds_a_login_a_secret_or_a_word_of_a_message(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("control").debug("the handler works")
            self.fetch(ScriptedMailbox({3: RAW}), [3])

        self.assertNotRegex("\n".join(logs.output), "pharmacie|secret|bonjour|corps|AUTHENTICATE")


class PoisonTests(Hostile):
    """One message breaks its answer; those around it come in the same round."""

    def poisoned(self, harm: Callable[[Line, bytes], None]) -> list[tuple[int, bytes | None, Code | None]]:
        server = ScriptedMailbox({2: RAW, 3: b"poison", 4: RAW})

        def fetch(line: Line, tag: bytes, command: bytes) -> None:
            if whole(command) and b"3" in command.split()[2].split(b","):
                line.send(answer(2, RAW, whole=True))
                harm(line, tag)
            else:
                server._fetch(line, tag, command)

        server.answers["fetch"] = fetch
        return [(found.uid, found.raw, found.fault) for found in self.fetch(server, [2, 3, 4])]

    def test_a_literal_of_four_gigabytes_is_refused_before_it_is_read(self) -> None:
        tracemalloc.start()
        found = self.poisoned(lambda line, tag: line.say(b"* 3 FETCH (UID 3 BODY[] {4294967295}"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        self.assertEqual(found, [(2, RAW, None), (3, None, Code.TOO_BIG), (4, RAW, None)])
        self.assertLess(peak, 32 * MEGABYTE)

    def test_an_answer_that_cannot_be_read(self) -> None:
        for broken in (
            b"* 3 FETCH (UID 3 BODY[] {6}\r\npoison",  # no closing parenthesis
            b"* 3 FETCH " + b"(" * 5000,
            b"* 3 FETCH (UID 3 BODY[] {" + b"9" * 5000 + b"}",
            b"* 3 FETCH nonsense",
            b"* 3 FETCH (UID x)",
            b"banana",
            b"* 3 FETCH (UID 3 BODY[] {6}\r\nshort",
        ):
            found = self.poisoned(lambda line, tag, given=broken: line.say(given, tag + b" OK done"))

            self.assertEqual([uid for uid, raw, _ in found if raw == RAW], [2, 4], broken[:40])
            self.assertEqual([uid for uid, raw, _ in found if raw is None], [3], broken[:40])

    def test_a_tag_that_was_never_given(self) -> None:
        found = self.poisoned(lambda line, tag: line.say(tag[:-1] + b"99 OK done"))

        self.assertEqual(found[1], (3, None, Code.PROTOCOL))

    def test_a_server_that_cuts_the_line_at_one_message(self) -> None:
        found = self.poisoned(lambda line, tag: line.close())

        self.assertEqual(found, [(2, RAW, None), (3, None, Code.CLOSED), (4, RAW, None)])

    def test_a_server_that_says_no_to_one_message(self) -> None:
        found = self.poisoned(lambda line, tag: line.say(tag + b" NO [SERVERBUG] cannot read it"))

        self.assertEqual(found, [(2, RAW, None), (3, None, Code.REJECTED), (4, RAW, None)])

    def test_a_message_announced_as_too_big_is_not_asked_for(self) -> None:
        server = ScriptedMailbox({2: RAW, 3: b"x" * (MEGABYTE + 1), 4: RAW})

        found = self.fetch(server, [2, 3, 4])

        self.assertEqual(
            sorted((message.uid, message.fault) for message in found),
            [(2, None), (3, Code.TOO_BIG), (4, None)],
        )
        self.assertEqual(found[0].size, MEGABYTE + 1)
        self.assertFalse(any(whole(said) and b"3" in said.split()[2].split(b",") for said in server.said))

    def test_a_server_that_breaks_at_every_message_is_left_in_the_end(self) -> None:
        def fetch(line: Line, tag: bytes, command: bytes) -> None:
            if whole(command):
                line.close()
            else:
                server._fetch(line, tag, command)

        server = ScriptedMailbox(dict.fromkeys(range(1, 50), RAW), fetch=fetch)

        self.assert_fault(Code.CLOSED, lambda: self.fetch(server, list(range(1, 50))))

    def test_a_uidvalidity_that_changes_on_the_way_ends_the_fetch(self) -> None:
        given = iter((7, 8))

        def examine(line: Line, tag: bytes, command: bytes) -> None:
            line.say(b"* 1 EXISTS", b"* OK [UIDVALIDITY %d] x" % next(given), tag + b" OK [READ-ONLY] done")

        def fetch(line: Line, tag: bytes, command: bytes) -> None:
            if whole(command):
                line.close()
            else:
                server._fetch(line, tag, command)

        server = ScriptedMailbox({1: RAW}, examine=examine, fetch=fetch)

        fault = self.assert_fault(Code.PROTOCOL, lambda: self.fetch(server, [1]))
        self.assertIn("UIDVALIDITY", fault.detail)


class LimitTests(Hostile):
    def stopped(self, code: Code, harm: Callable[[Line, bytes], None]) -> None:
        def search(line: Line, tag: bytes, command: bytes) -> None:
            harm(line, tag)
            line.hear_nothing_more()

        def act(box: Box) -> None:
            box.select()
            box.uids()

        self.assert_fault(code, lambda: self.using(ScriptedMailbox({}, search=search), act))

    def test_a_line_without_end(self) -> None:
        self.stopped(Code.PROTOCOL, lambda line, tag: line.send(b"* SEARCH " + b"1 " * 5_000_000))

    def test_a_long_line_where_none_is_due(self) -> None:
        def examine(line: Line, tag: bytes, command: bytes) -> None:
            line.send(b"* OK " + b"x" * 70_000 + b"\r\n")
            line.hear_nothing_more()

        self.assert_fault(
            Code.PROTOCOL,
            lambda: self.using(ScriptedMailbox({}, examine=examine), lambda box: box.select()),
        )

    def test_a_million_untagged_lines(self) -> None:
        self.stopped(Code.PROTOCOL, lambda line, tag: line.send(b"* OK still here\r\n" * 100_000))

    def test_many_literals_within_their_limit(self) -> None:
        literal = b"* 1 FETCH (BODY[] {500000}\r\n" + b"x" * 500_000 + b")\r\n"
        self.stopped(Code.PROTOCOL, lambda line, tag: line.send(literal * 40))

    def test_a_line_that_ends_without_carriage_return(self) -> None:
        self.stopped(Code.CLOSED, lambda line, tag: line.send(b"* SEARCH 1\n" + tag + b" OK\n"))

    def test_one_byte_now_and_then_ends_at_the_deadline_of_the_command(self) -> None:
        self.stopped(Code.TIMEOUT, lambda line, tag: line.drip(b"* SEARCH " + b"1 " * 100, every=0.05))

    def test_silence(self) -> None:
        self.stopped(Code.TIMEOUT, lambda line, tag: None)

    def test_a_goodbye_in_the_middle(self) -> None:
        self.stopped(Code.CLOSED, lambda line, tag: line.say(b"* BYE shutting down"))

    def test_a_goodbye_instead_of_a_greeting(self) -> None:
        self.assert_fault(
            Code.CLOSED,
            lambda: self.using(lambda line: line.say(b"* BYE [UNAVAILABLE] later"), lambda box: None),
        )

    def test_the_limits_are_those_promised(self) -> None:
        limits = Limits()
        promised = (limits.connect, limits.idle, limits.line, limits.lines, limits.literal)

        self.assertEqual(promised, (30, 60, 65_536, 5_000, 60 * MEGABYTE))
