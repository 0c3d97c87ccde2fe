"""Workers that can be killed: each in a process of its own, in the test database, with a failpoint armed.

    with Workers() as workers:
        code = workers.run("portal.outbound.deliver:deliver_due", pharmacy, fp="outbound.after-dot:1")
        assert code == KILLED

One process loads Django once and forks for each worker, so a worker costs some twenty milliseconds. It is a fresh
process all the same: no connection, no thread, no kept line comes along from the test.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote
from uuid import UUID

CHECKOUT = Path(__file__).resolve().parent.parent
KILLED = -signal.SIGKILL
# What workers do, loaded before the first fork.
PRELOADED = ("portal.outbound.deliver", "portal.inbound.tasks", "portal.records.indexing")
PATIENCE = 60.0


class NeverEnded(Exception):
    """A worker was still at work after its time, and was killed."""


@dataclass(frozen=True)
class Worker:
    """A running worker; it can be stopped and continued by its pid."""

    pid: int
    _workers: Workers

    def wait(self, seconds: float = PATIENCE) -> int:
        """Its exit code, KILLED if the failpoint was reached. Raises NeverEnded."""
        answer = self._workers.ask({"wait": self.pid, "seconds": seconds})
        if answer["code"] is None:
            raise NeverEnded(self.pid)
        return int(answer["code"])


class Workers:
    """The process that workers are forked from; use it inside a test with real commits."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos"],
            cwd=CHECKOUT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pipe(self._process.stdin).close()
        self._process.wait(PATIENCE)
        pipe(self._process.stdout).close()

    def start(self, work: str, pharmacy: Any, *, fp: str = "") -> Worker:
        """Start `module:function` inside a pharmacy; `fp` is a failpoint as in portal/lib/failpoints.py."""
        return Worker(self.ask({"work": work, "pharmacy": str(pharmacy.pk), "fp": fp})["pid"], self)

    def run(self, work: str, pharmacy: Any, *, fp: str = "", seconds: float = PATIENCE) -> int:
        """The same, and wait for its end: 0, 1 after an exception, KILLED at the failpoint."""
        return self.start(work, pharmacy, fp=fp).wait(seconds)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin = pipe(self._process.stdin)
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(pipe(self._process.stdout).readline())
        return answer


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:
        raise TypeError("the process was started with pipes")
    return end


def _environment() -> dict[str, str]:
    """Ours, with the databases of this test run in place of the real ones."""
    from django.db import connections

    urls = {alias: _url(connections[alias].settings_dict) for alias in ("default", "owner")}
    return os.environ | {
        "DATABASE_URL": urls["default"],
        "DATABASE_OWNER_URL": urls["owner"],
        "ROLE_PREFIX": str(connections["default"].settings_dict["ROLE_PREFIX"]),
        "DATABASE_POOL": "2",
        "FP": "",
        "FP_LOG": "",
    }


def _url(settings: dict[str, Any]) -> str:
    password = quote(str(settings["PASSWORD"]), safe="")
    return (
        f"postgres://{settings['USER']}:{password}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )


# --- in the process that forks ------------------------------------------------------------------------------


def _serve() -> None:
    import django

    django.setup()
    for module in PRELOADED:
        importlib.import_module(module)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer = _wait(request) if "wait" in request else {"pid": _fork(request)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _wait(request: dict[str, Any]) -> dict[str, int | None]:
    pid, end = int(request["wait"]), time.monotonic() + float(request["seconds"])
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return {"code": os.waitstatus_to_exitcode(status)}
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return {"code": None}


def _fork(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _work(request)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _work(request: dict[str, Any]) -> None:
    from portal.lib import failpoints
    from tenants.context import inside
    from tenants.models import Pharmacy

    os.environ["FP"] = request["fp"]
    failpoints.reset()
    module, _, function = request["work"].partition(":")
    with inside(Pharmacy.objects.get(pk=UUID(request["pharmacy"]))):
        getattr(importlib.import_module(module), function)()


if __name__ == "__main__":
    _serve()
