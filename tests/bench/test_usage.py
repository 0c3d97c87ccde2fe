"""Tests that what processes use is read rightly from /proc."""

from __future__ import annotations

import os
import subprocess
import sys
from unittest import TestCase, skipUnless

from bench.usage import PROC, cpu_seconds, memory, tree

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"


@skipUnless((PROC / "self" / "smaps_rollup").exists(), "there is no /proc here")
class Usage(TestCase):
    def test_a_child_counts_while_it_runs_and_after_its_end(self) -> None:
        before = cpu_seconds(os.getpid())
        with subprocess.Popen(
            [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdin and child.stdout
            child.stdout.readline()
            running = cpu_seconds(os.getpid())
            self.assertIn(child.pid, [process.pid for process in tree([os.getpid()])])
            self.assertGreater(memory(child.pid), 1)
            child.stdin.write(b"\n")
        ended = cpu_seconds(os.getpid())

        self.assertGreaterEqual(running - before, 0.25)
        self.assertGreaterEqual(ended, running)
