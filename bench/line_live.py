"""Line 22: live browsers on one process of events: how late 200 of them hear, and how many it holds."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

from django.db import connection

from bench.figures import Figure
from bench.stage import House, Stage
from bench.usage import memory
from bench.web import Visitor, member, running
from portal.lib import live
from portal.lib.ids import uuid7
from scripts.embedded import free_port
from tenants.context import inside

FEW, MANY = 200, 1_500
TOLD = 20
APART, PATIENCE = 0.1, 60.0
PATH = "/equipe/evenements/"
AT_ONCE = 50  # how many browsers come in the same moment; they come back spread over seconds


def measure(stage: Stage) -> Iterator[Figure]:
    """Browsers of both pharmacies; what changes at Soleil may reach none of Gare's."""
    log = stage.place.folder / "live.log"
    with ExitStack() as servers:
        _, port = servers.enter_context(running("portal.wsgi:application", log))
        events, events_port = servers.enter_context(_events(port, log))
        visitors = [member(house, port) for house in stage.houses]
        crowd = Crowd(events_port, visitors)
        yield from asyncio.run(crowd.measured(stage.soleil, events.pid))


class Crowd:
    """Browsers that listen; `heard` is when each was told of each thing."""

    def __init__(self, port: int, visitors: list[Visitor]) -> None:
        self.port, self.visitors = port, visitors
        self.heard: dict[str, list[float]] = {}
        self.greeted = 0
        self.tasks: list[asyncio.Task[None]] = []
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def measured(self, house: House, process: int) -> list[Figure]:
        await self._grow(FEW)
        few = await self._delays(house, FEW)
        before = memory(process)
        began = time.perf_counter()
        await self._grow(MANY)
        opened = time.perf_counter() - began
        many = await self._delays(house, MANY)
        after, held = memory(process), sum(not task.done() for task in self.tasks)
        for task in self.tasks:
            task.cancel()
        each = 1024 * (after - before) / (MANY - FEW)
        note = f"{MANY - FEW} came in {opened:.0f} s; {MANY} of them heard within {many:.0f} ms; {each:.0f} KB each"
        return [
            Figure("22.delay", few, None, "the last of half of them, the other half being at Gare, 19 in 20"),
            Figure("22.held", held, None, note),
            Figure("22.memory", after, None, f"with {MANY} streams; {before:.0f} with {FEW}"),
        ]

    async def _grow(self, number: int) -> None:
        for position in range(len(self.tasks), number):
            visitor = self.visitors[position % len(self.visitors)]
            self.tasks.append(asyncio.create_task(self._listen(visitor.headers)))
        deadline = time.monotonic() + PATIENCE
        while self.greeted < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.greeted} of {number} streams opened")
            await asyncio.sleep(0.05)

    async def _listen(self, headers: Mapping[str, str]) -> None:
        async with self._turns:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            lines = [f"GET {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
            writer.write("\r\n".join(lines).encode())
            while b"hello" not in await reader.readline():
                if reader.at_eof():
                    raise AssertionError("a stream was refused")
        self.greeted += 1
        while line := await reader.readline():
            if line.startswith(b"data: ") and len(line) > 30:
                self.heard.setdefault(line[6:].decode().strip(), []).append(time.perf_counter())

    async def _delays(self, house: House, number: int) -> float:
        """From the telling to the last one who may hear it, 19 in 20, in milliseconds."""
        found = []
        for _ in range(TOLD):
            subject = uuid7()
            began = time.perf_counter()
            await asyncio.to_thread(_tell, house, subject)
            expected = number // len(self.visitors)
            deadline = time.monotonic() + PATIENCE
            while len(self.heard.get(str(subject), [])) < expected:
                if time.monotonic() > deadline:
                    raise AssertionError("somebody was not told")
                await asyncio.sleep(0.005)
            await asyncio.sleep(APART)
            times = self.heard[str(subject)]
            if len(times) != expected:
                raise AssertionError("somebody heard of another pharmacy")
            found.append(1000 * (max(times) - began))
        return sorted(found)[int(0.95 * len(found)) - 1]


def _tell(house: House, subject: UUID) -> None:
    with inside(house.pharmacy):
        live.tell(live.Kind.CONVERSATION, subject, mailbox=house.mailbox.pk)
    connection.close()


@contextmanager
def _events(pages: int, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """One process, as in deploy/officinal-events.service."""
    port = free_port()
    shape = ["--worker-class", "asgi", "--graceful-timeout", "1", "--preload", "--no-control-socket"]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "portal.asgi:application",
        "--bind",
        f"127.0.0.1:{port}",
        *shape,
    ]
    env = {name: os.environ[name] for name in ("PATH", "DATABASE_URL")} | {"PAGES": f"127.0.0.1:{pages}"}
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env)
    try:
        _wait_until_it_hears(port, log)
        yield process, port
    finally:
        process.terminate()
        process.wait(15)


def _wait_until_it_hears(port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            Visitor(port).get("/healthz")
        except (OSError, AssertionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text()[-3000:])
