"""What was not examined is never called clean."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from pathlib import Path

from django.test import SimpleTestCase, override_settings

from portal.documents.antivirus import EICAR, Verdict, may_open, scan


class FakeClamd:
    """Answers one INSTREAM as it was told, and keeps what it was sent."""

    def __init__(self, wire: socket.socket, answer: bytes) -> None:
        self.wire, self.answer, self.received = wire, answer, b""
        wire.listen(1)
        wire.settimeout(5)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        peer, _ = self.wire.accept()
        with peer, peer.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while (size := struct.unpack("!I", stream.read(4))[0]) > 0:
                self.received += stream.read(size)
            peer.sendall(self.answer)

    def close(self) -> None:
        self.thread.join()
        self.wire.close()


class ClamdTests(SimpleTestCase):
    def verdict(self, answer: bytes, data: bytes = b"ordonnance") -> Verdict:
        wire = socket.create_server(("127.0.0.1", 0))
        clamd = FakeClamd(wire, answer)
        self.addCleanup(clamd.close)
        with override_settings(ANTIVIRUS=f"clamd:127.0.0.1:{wire.getsockname()[1]}"):
            verdict = scan(data)
        self.assertEqual(clamd.received, data)
        return verdict

    def test_a_clean_file_is_clean_and_was_sent_whole(self) -> None:
        self.assertEqual(self.verdict(b"stream: OK\0", bytes(700_000)), Verdict.CLEAN)
        self.assertEqual(self.verdict(b"stream: OK\0", b""), Verdict.CLEAN)

    def test_a_virus_is_found_and_named_in_the_log(self) -> None:
        with self.assertLogs("portal.documents.antivirus") as logs:
            self.assertEqual(self.verdict(b"stream: Win.Test.EICAR_HDB-1 FOUND\0"), Verdict.INFECTED)
        self.assertIn("Win.Test.EICAR_HDB-1", logs.output[0])

    def test_what_clamd_gave_up_on_is_unscanned(self) -> None:
        for answer in (
            b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
            b"stream: Heuristics.Encrypted.PDF FOUND\0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"stream: Can't allocate memory ERROR\0",
            b"",
            b"OK\0",
        ):
            with self.subTest(answer=answer), self.assertLogs("portal.documents.antivirus"):
                self.assertEqual(self.verdict(answer), Verdict.UNSCANNED)

    def test_it_is_reached_by_a_unix_socket_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clamd"
            wire = socket.socket(socket.AF_UNIX)
            wire.bind(str(path))
            clamd = FakeClamd(wire, b"stream: OK\0")
            with override_settings(ANTIVIRUS=f"clamd:{path}"):
                self.assertEqual(scan(b"x"), Verdict.CLEAN)
            clamd.close()

    def test_a_clamd_that_is_away_leaves_files_unscanned(self) -> None:
        away = override_settings(ANTIVIRUS="clamd:/nowhere/clamd.ctl")
        with away, self.assertLogs("portal.documents.antivirus"):
            self.assertEqual(scan(b"x"), Verdict.UNSCANNED)


class SettingTests(SimpleTestCase):
    def test_the_demo_knows_the_test_file_only(self) -> None:
        with override_settings(ANTIVIRUS="builtin-eicar"):
            self.assertEqual(scan(b"before " + EICAR + b" after"), Verdict.INFECTED)
            self.assertEqual(scan(b"ordonnance"), Verdict.CLEAN)

    def test_without_a_scanner_nothing_opens_unless_it_was_switched_off_knowingly(self) -> None:
        for setting, opens in (("", False), ("off", True), ("clamd:/nowhere", False)):
            with override_settings(ANTIVIRUS=setting):
                self.assertEqual(may_open(Verdict.UNSCANNED), opens)
                self.assertTrue(may_open(Verdict.CLEAN))
                self.assertFalse(may_open(Verdict.INFECTED))
        with override_settings(ANTIVIRUS="off"):
            self.assertEqual(scan(EICAR), Verdict.UNSCANNED)
