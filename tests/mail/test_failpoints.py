"""A worker killed at each point of a submission leaves at most one copy, and none before the dot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

from portal.lib.failpoints import OUTBOUND
from sandbox.operator import Operator, running_operator
from sandbox.people import PATIENT, SOLEIL

CHECKOUT = Path(__file__).resolve().parents[2]
SENDER = f"""
import sys
from pathlib import Path
from portal.mail.imap import ImapSettings, open_mailbox
from portal.mail.smtp import SmtpSettings, Submission
from portal.mail.tls import client_context
trust, certificate, key = (Path(name).read_bytes() for name in sys.argv[1:4])
context = client_context(trust, certificate=certificate, key=key)
raw = b"Message-ID: <%s>\\r\\n\\r\\nbonjour\\r\\n" % sys.argv[6].encode()
with Submission.connect(SmtpSettings(host="localhost", port=int(sys.argv[4]), context=context)) as submission:
    print(submission.send(
        raw, sender="{SOLEIL}", recipients=["{PATIENT}"], envelope_id="x", before_dot=lambda: True
    ).state)
settings = ImapSettings(host="localhost", port=int(sys.argv[5]), context=context, login="{SOLEIL}")
with open_mailbox(settings) as box:
    box.select()
    print(len(list(box.fetch(box.uids()))))
"""
IN_SUBMISSION = [name for name in OUTBOUND if name not in OUTBOUND[:2] and name != "outbound.after-record"]
IN_READING = ["inbound.after-login", "inbound.after-search", "inbound.after-fetch"]
UNTIL_THE_DOT = IN_SUBMISSION[: IN_SUBMISSION.index("outbound.after-dot")]


class KilledSenderTests(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.operator: Operator = cls.enterClassContext(running_operator(folder))
        pair = cls.operator.client_certificate(SOLEIL)
        cls.files = [folder / "trust", folder / "certificate", folder / "key"]
        contents = (cls.operator.trust_pem, pair.certificate, pair.key)
        for path, content in zip(cls.files, contents, strict=True):
            path.write_bytes(content)

    def run_sender(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        ports = [str(self.operator.smtp_port), str(self.operator.imap_port)]
        return subprocess.run(
            [sys.executable, "-c", SENDER, *map(str, self.files), *ports, name],
            env={**os.environ, **environment},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def test_the_points_are_reached_in_their_order(self) -> None:
        self.operator.deliver(SOLEIL, b"\r\nbonjour\r\n")
        with tempfile.NamedTemporaryFile() as log:
            found = self.run_sender("all", FP_LOG=log.name)

            self.assertEqual(found.returncode, 0, found.stderr)
            self.assertEqual(Path(log.name).read_text().split(), IN_SUBMISSION + IN_READING)

    def test_a_kill_at_any_point_leaves_one_copy_at_most_and_none_before_the_dot(self) -> None:
        for point in IN_SUBMISSION:
            with self.subTest(point):
                self.assertEqual(self.run_sender(point, FP=f"{point}:1").returncode, -signal.SIGKILL)

                copies = sum(noted.message_id == f"<{point}>" for noted in self.operator.accepted)
                self.assertLessEqual(copies, 0 if point in UNTIL_THE_DOT else 1)
                if point == "outbound.after-250":
                    self.assertEqual(copies, 1)
