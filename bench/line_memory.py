"""Line 17: what the running product keeps in memory, PostgreSQL aside, once it has worked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.figures import Figure
from bench.line_ingest import keep
from bench.mails import Writer
from bench.stage import House, Stage
from bench.usage import memory, tree
from bench.web import Visitor, member, running, together
from portal.inbound.models import RawMessage, RawState
from portal.web.inbox.places import TO_DO
from scripts.embedded import CHECKOUT, Broker, free_port
from scripts.processes import Group
from tenants.context import inside

VISITS, MAILS = 40, 60
PATIENCE = 60.0


def measure(stage: Stage) -> Iterator[Figure]:
    """Web with two workers, events, Celery with two, clock, broker, and the confined children of those who read."""
    log = stage.place.folder / "memory.log"
    with ExitStack() as servers:
        group = servers.enter_context(_background(stage))
        web, port = servers.enter_context(running("portal.wsgi:application", log))
        bare, bare_port = servers.enter_context(running("bench.bare:application", log))
        visits = [(member(house, port), [TO_DO.url]) for house in stage.houses]
        together([*visits, (Visitor(bare_port, {"Cookie": "sid=key"}), ["/"])], VISITS)
        for house in stage.houses:
            _have_mails_filed(house)
        floor = _largest_child(bare.pid)
        yield Figure("17.web", _largest_child(web.pid), floor, "floor: gunicorn with a bare Django page")
        stack = memory(web.pid, *(each.process.pid for each in group.running))
        yield Figure("17.stack", stack, None, "web, events, worker, clock, broker, confined children")


@contextmanager
def _background(stage: Stage) -> Iterator[Group]:
    broker, port = Broker(stage.place.folder / "broker"), free_port()
    group = Group(stage.place.folder / "logs", CHECKOUT)
    env = os.environ | {"BROKER_URL": broker.url(port)}
    celery = [sys.executable, "-m", "celery", "-A"]
    worker = ["worker", "-Q", "default,inbound,outbound", "-c", "2", "--without-gossip", "--without-mingle"]
    clock = ["beat", "--pidfile", "", "--schedule", str(stage.place.folder / "clock-schedule")]
    try:
        group.start("broker", broker.command(port), env)
        group.start("worker", [*celery, "portal.celery", *worker, "--loglevel", "WARNING"], env)
        events = [
            sys.executable,
            "-m",
            "gunicorn",
            "portal.asgi:application",
            "--worker-class",
            "asgi",
            "--preload",
        ]
        group.start("events", [*events, "--bind", f"127.0.0.1:{free_port()}", "--no-control-socket"], env)
        group.start("clock", [*celery, "portal.clock", *clock, "--loglevel", "WARNING"], env)
        yield group
    finally:
        group.stop()


def _have_mails_filed(house: House) -> None:
    """Store mails and leave the rest to clock and worker."""
    letters = Writer(house.mailbox.address, seed=17).texts(MAILS)
    with inside(house.pharmacy):
        keep(house.mailbox, letters)
        deadline = time.monotonic() + PATIENCE
        while RawMessage.objects.filter(state=RawState.STORED).exists():
            if time.monotonic() > deadline:
                raise AssertionError("the worker did not file what was stored")
            time.sleep(0.2)


def _largest_child(master: int) -> float:
    workers = [process.pid for process in tree([master]) if process.parent == master]
    return max(memory(worker) for worker in workers)
