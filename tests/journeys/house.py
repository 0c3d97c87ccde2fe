"""Run the product's own processes on the test database: broker, web, worker and clock."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from sandbox import texts
from sandbox.operator import Operator, Ports, running_operator
from scripts.embedded import Broker, free_port
from scripts.processes import Group

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
WEB_HAS_NOT = ("TRANSPORT_PRIVATE_KEY", "ANCHOR_KEY", "DATABASE_OWNER_URL")
CELERY = [sys.executable, "-m", "celery", "-A"]
APP, CLOCK = "portal.celery", "portal.clock"
WORKER = ["worker", "-Q", "default,inbound,outbound", "--without-gossip", "--without-mingle"]
PATH = {"PATH": os.environ["PATH"]}
# As the value of EVENTS: on whichever port is free.
ANY = "any"
TEXTS = "texts"
GUNICORN = [sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--no-control-socket", "--preload"]


@dataclass
class Deaths:
    """Where the children of a worker die, and how many did at a point."""

    armed: Path
    reached: Path

    def at(self, point: str) -> None:
        """From now on; nowhere, if empty."""
        new = self.armed.with_suffix(".new")
        new.write_text(point, "ascii")
        new.rename(self.armed)

    def count(self, point: str) -> int:
        return self.reached.read_text().split().count(point) if self.reached.exists() else 0


@dataclass
class House:
    """Where the running product is; `logs` has one file per process."""

    folder: Path
    port: int
    group: Group
    env: dict[str, str] = field(repr=False)

    @contextmanager
    def provider_of_texts(self) -> Iterator[Operator]:
        """The provider that the worker gives text messages to; none answers before."""
        port = urlsplit(self.env["SMS_URL"]).port or 0
        with running_operator(self.folder / TEXTS, ports=Ports(texts=port)) as operator:
            yield operator

    @property
    def logs(self) -> Path:
        return self.group.logs

    @property
    def web_env(self) -> dict[str, str]:
        return {name: value for name, value in self.env.items() if name not in WEB_HAS_NOT}

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def start_broker(self, port: int) -> None:
        broker = Broker(self.folder / "broker")
        self.group.start("broker", broker.command(port), os.environ)

    def start_web(self) -> None:
        if not (Path(settings.STATIC_ROOT) / "css").exists():
            call_command("collectstatic", interactive=False, verbosity=0)
        processes = "2" if self.env.get("EVENTS") else "1"
        options = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "8"]
        options += ["--workers", processes]
        self.group.start("web", [*GUNICORN, *options], self.web_env)

    def start_events(self) -> None:
        """Two processes, and each browser is with one of them; the pages have been told on which port (EVENTS)."""
        shape = ["--worker-class", "asgi", "--workers", "2", "--graceful-timeout", "1", "--preload"]
        bind = ["--bind", f"127.0.0.1:{self.env['EVENTS']}", "--no-control-socket"]
        knows = {
            "DATABASE_URL": self.env["DATABASE_URL"],
            "PAGES": self.env["BIND"],
            "EVENTS": self.env["EVENTS"],
        }
        self.group.start("events", [*GUNICORN[:3], "portal.asgi:application", *bind, *shape], PATH | knows)

    def start_worker(self, *, app: str = APP, processes: int = 2, **extra: str) -> None:
        """A worker as in production; `extra` goes into its environment."""
        options = ["-c", str(processes), "--loglevel", "WARNING"]
        self.group.start("worker", [*CELERY, app, *WORKER, *options], self.env | extra)

    @contextmanager
    def mortal_worker(self, *, processes: int) -> Iterator[Deaths]:
        """A worker whose children die where they are told to; at the end it is killed itself."""
        deaths = Deaths(self.folder / "armed", self.folder / "reached")
        deaths.at("")
        files = {"ARMED": str(deaths.armed), "FP_LOG": str(deaths.reached)}
        self.start_worker(app="tests.journeys.armed", processes=processes, **files)
        try:
            yield deaths
        finally:
            self.kill_worker()

    def start_clock(self) -> None:
        options = ["--schedule", str(self.folder / "schedule"), "--pidfile", "", "--loglevel", "WARNING"]
        self.group.start("clock", [*CELERY, CLOCK, "beat", *options], self.web_env)

    def kill_worker(self) -> None:
        """kill -9 of the worker, its children and theirs: as when the machine loses power."""
        worker = next(each for each in self.group.running if each.name == "worker")
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        self.group.running.remove(worker)

    def said(self) -> str:
        """Everything that the processes wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.logs.glob("*.log")))


@contextmanager
def running_house(
    folder: Path, *, only: Sequence[str] = ("web", "worker", "clock"), **options: str
) -> Iterator[House]:
    """Start the broker and these processes, wait until the portal answers, and end everything that was started."""
    port, broker_port = free_port(), free_port()
    if options.get("EVENTS") == ANY:
        options["EVENTS"] = str(free_port())
    options["SMS_CA"] = str(folder / TEXTS / "pki" / "ca.pem")
    env = environment(Broker(folder / "broker").url(broker_port), port, **options)
    house = House(folder, port, Group(folder / "logs", CHECKOUT), env)
    try:
        house.start_broker(broker_port)
        for name in only:
            {"web": house.start_web, "worker": house.start_worker, "clock": house.start_clock}[name]()
        if env.get("EVENTS"):
            house.start_events()
        if "web" in only:
            _wait(house)
        yield house
    finally:
        house.group.stop()
        print(house.said()[-20_000:])  # pytest shows it when the test failed


def environment(broker_url: str, port: int, **options: str) -> dict[str, str]:
    """The settings of the tests, on the test database, in the demo's plain-http dress."""
    found = connections["owner"].settings_dict
    urls = {
        name: _on_database(os.environ[name], str(found["NAME"]))
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    return (
        os.environ
        | urls
        | {
            "ROLE_PREFIX": str(found["ROLE_PREFIX"]),
            "BROKER_URL": broker_url,
            "BIND": f"127.0.0.1:{port}",
            "DEMO": "1",
            "FETCH_SECONDS": "1",
            "UNDO_SECONDS": "1",
            "TICK_SECONDS": "0.5",
            "DATABASE_POOL": "4",
            "SMS_URL": f"https://localhost:{free_port()}{texts.PATH}",
            "SMS_HEADERS": json.dumps(texts.HEADERS),
            "SMS_BODY": json.dumps(texts.BODY),
        }
        | options
    )


def _on_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _wait(house: House) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (dead := house.group.dead()) is not None:
            raise RuntimeError(f"{dead.name} did not start:\n{house.group.tail(dead.name, 30)}")
        try:
            with urllib.request.urlopen(house.url("127.0.0.1", "/healthz"), timeout=2):  # noqa: S310
                return
        except (TimeoutError, urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the portal did not start:\n{house.said()[-3000:]}")
