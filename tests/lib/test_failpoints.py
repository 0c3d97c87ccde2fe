"""A failpoint kills the process at the named place, and is nothing otherwise."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

from portal.lib import failpoints

PROGRAM = (
    "from portal.lib.failpoints import reach\n"
    "for _ in range(3): reach('outbound.after-dot'); print('alive', flush=True)\n"
)
CHECKOUT = Path(__file__).resolve().parents[2]


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **environment},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


class FailpointTests(TestCase):
    def test_without_the_variable_nothing_happens(self) -> None:
        found = run(FP="")

        self.assertEqual((found.returncode, found.stdout.count("alive")), (0, 3))

    def test_the_process_dies_the_second_time_it_gets_there(self) -> None:
        found = run(FP="outbound.after-dot:2")

        self.assertEqual((found.returncode, found.stdout.count("alive")), (-signal.SIGKILL, 1))

    def test_another_point_does_not_kill(self) -> None:
        self.assertEqual(run(FP="outbound.after-250:1").returncode, 0)

    def test_the_points_reached_can_be_logged(self) -> None:
        with tempfile.NamedTemporaryFile() as log:
            run(FP_LOG=log.name)

            self.assertEqual(Path(log.name).read_text().splitlines(), ["outbound.after-dot"] * 3)

    def test_a_mistyped_point_in_the_environment_is_refused(self) -> None:
        self.assertIn("UnknownFailpoint", run(FP="outbound.after-dott:1").stderr)

    def test_a_mistyped_point_in_the_code_is_refused(self) -> None:
        with self.assertRaises(failpoints.UnknownFailpoint):
            failpoints.reach("outbound.after-bot")

    def test_every_point_of_the_code_is_known_and_there_are_twelve_and_eight(self) -> None:
        used = {
            name
            for path in (CHECKOUT / "portal").rglob("*.py")
            for name in re.findall(r'reach\("([^"]+)"\)', path.read_text("utf-8"))
        }

        self.assertLessEqual(used, failpoints.NAMES)
        self.assertEqual((len(failpoints.OUTBOUND), len(failpoints.INBOUND)), (12, 8))
