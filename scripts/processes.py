"""Run a set of processes together: all start, and all stop when one is told to."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 15
PR_SET_PDEATHSIG = 1


@dataclass
class Running:
    name: str
    process: subprocess.Popen[bytes]


def _die_with_parent() -> None:
    """On Linux a child gets SIGTERM when its parent is gone, however that happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Group:
    """Processes that live and die together; each writes to a log of its own."""

    def __init__(self, logs: Path, cwd: Path) -> None:
        self.logs = logs
        self.cwd = cwd
        self.running: list[Running] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                list(command),
                cwd=self.cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
                preexec_fn=_die_with_parent,
            )
        self.running.append(Running(name, process))

    def dead(self) -> Running | None:
        return next((each for each in self.running if each.process.poll() is not None), None)

    def tail(self, name: str, lines: int = 15) -> str:
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End them, the last started first; who does not end in time is killed with its own children."""
        for each in reversed(self.running):
            if each.process.poll() is None:
                each.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for each in reversed(self.running):
            try:
                each.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(each.process.pid, signal.SIGKILL)
                each.process.wait()
        self.running.clear()
