"""Processes that work side by side, as two workers do, and answer to the one that measures."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import django


class HandFailed(Exception):
    """A hand could not do its work; the message is its traceback."""


class Hands:
    """`count` fresh processes with Django set up; what they log goes to `log`."""

    def __init__(self, log: Path, count: int = 2) -> None:
        context = multiprocessing.get_context("spawn")
        self.log = log
        self._ends: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, str(log)))
            process.start()
            theirs.close()
            self._ends.append(ours)
            self._processes.append(process)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid]

    def each(self, work: Callable[..., Any], orders: Sequence[Sequence[Any]]) -> list[Any]:
        """Let each hand do `work` on its own order, all at once; returns when the last one is done.

        Raises:
            HandFailed: one of them raised.
        """
        for end, order in zip(self._ends, orders, strict=True):
            end.send((work, tuple(order)))
        answers = [end.recv() for end in self._ends]
        for failure, _ in answers:
            if failure:
                raise HandFailed(failure)
        return [result for _, result in answers]

    def all(self, work: Callable[..., Any]) -> list[Any]:
        """The same without orders."""
        return self.each(work, [()] * len(self._ends))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in self._ends:
            end.close()
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()


def _serve(end: Connection, log: str) -> None:
    """Work until the other end is closed."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    django.setup()
    while True:
        try:
            work, order = end.recv()
        except EOFError:
            return
        try:
            end.send(("", work(*order)))
        except Exception:  # the outermost loop: who gave the order shall read what happened
            end.send((traceback.format_exc(), None))
