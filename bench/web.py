"""Real web processes on loopback, and somebody who asks them for pages."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from bench.stage import House
from scripts.embedded import free_port
from tenants.context import inside
from tests.browsing import Browser, signed_in

WORKERS = 2
PATIENCE = 20.0


@dataclass(frozen=True)
class Answer:
    """What came back; `sent` is the body as it was on the wire."""

    status: int
    headers: Mapping[str, str]
    sent: bytes


@dataclass
class Visitor:
    """Somebody with one kept connection to one server."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **headers: str) -> Answer:
        """Raises AssertionError unless it is a 200."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: str, **headers: str) -> Answer:
        """The same."""
        return self._ask("POST", path, body, headers)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, headers=self.headers | more)
        response = self._connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.headers.get('Location', '')}")
        return answer

    def time(self, path: str, **headers: str) -> float:
        """Milliseconds until the last byte is here."""
        began = time.perf_counter()
        self.get(path, **headers)
        return 1000 * (time.perf_counter() - began)


def member(house: House, port: int) -> Visitor:
    """The titulaire of a pharmacy, signed in with both factors, behind a proxy that speaks TLS."""
    with inside(house.pharmacy):
        return _as(signed_in(house.person, house.pharmacy), house, port)


def looking_for(house: House, port: int, words: str) -> Visitor:
    """The same, who has asked for these words: the page of the search finds them again."""
    with inside(house.pharmacy):
        browser = signed_in(house.person, house.pharmacy)
        asked = browser.post(reverse("search"), {"q": words}, headers={"X-Forwarded-Proto": "https"})
        if asked.status_code != 302:
            raise AssertionError(f"search: {asked.status_code}")
        return _as(browser, house, port)


def _as(browser: Browser, house: House, port: int) -> Visitor:
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.sid}"
    return Visitor(port, {"Host": house.host, "Cookie": cookie, "X-Forwarded-Proto": "https"})


@contextmanager
def running(application: str, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """gunicorn as in production, with a worker for each core; its process and its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    shape = ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", "8", "--keep-alive", "600"]
    shape += ["--preload"]
    with log.open("ab") as out:
        process = subprocess.Popen([*command, *shape], stdout=out, stderr=out, env=_environment(application))
    try:
        _wait_for(port, process, log)
        yield process, port
    finally:
        process.terminate()
        process.wait(15)


def together(visits: Sequence[tuple[Visitor, Sequence[str]]], rounds: int) -> list[list[float]]:
    """Time each visitor's pages turn by turn, so that whatever else the machine does falls on all alike."""
    times: list[list[float]] = [[] for _ in visits]
    for number in range(rounds):
        for found, (visitor, paths) in zip(times, visits, strict=True):
            found.append(visitor.time(paths[number % len(paths)]))
    return times


def high(times: Sequence[float]) -> float:
    """What 19 in 20 stay below."""
    return sorted(times)[int(0.95 * len(times))]


def _environment(application: str) -> dict[str, str]:
    """Ours without what only a worker may have; the floor has settings of its own."""
    secret = {"TRANSPORT_PRIVATE_KEY", "ANCHOR_KEY"}
    floor = application.startswith("bench.")
    hidden = secret | ({"DJANGO_SETTINGS_MODULE"} if floor else {"DATABASE_OWNER_URL"})
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()[-3000:]) from None
            time.sleep(0.1)
        else:
            return
