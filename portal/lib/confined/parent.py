"""The parent: keep one child per handler and lane, ask it, watch the clock, replace it when it dies."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

import portal
from portal.lib.confined.contract import (
    DONE,
    FAILED,
    MEMORY_EXIT,
    READY,
    REASONS,
    REFUSED,
    REPLY,
    REQUEST,
    ChildFailed,
    ChildUnavailable,
    Limits,
    Reason,
    Refused,
)

START_SECONDS = 30.0
CALLS_PER_CHILD = 2000

_ROOT = Path(portal.__file__).resolve().parent.parent
_ENDINGS: dict[int, Reason] = {-signal.SIGXCPU: "cpu", -signal.SIGALRM: "wall", MEMORY_EXIT: "memory"}


def call(target: str, payload: bytes, *, limits: Limits | None = None) -> bytes:
    """Return what the handler `target` ("package.module:function", bytes -> bytes) makes of `payload`.

    Safe between threads (one call at a time per handler and lane) and after a fork. Raises Refused (the handler's
    answer), ChildFailed (this payload was too much) or ChildUnavailable (no child could start, or it stayed
    busy with others for `limits.queue`: try later).
    """
    limits = limits or Limits()
    slot = _slot(target, limits.memory, limits.lane)
    if not slot.lock.acquire(timeout=-1 if limits.queue is None else limits.queue):
        raise ChildUnavailable(f"the child for {target} is busy")
    try:
        return slot.ask(payload, limits)
    finally:
        slot.lock.release()


def close_all() -> None:
    """Stop every child of this process; the next call starts a fresh one."""
    with _registry:
        slots = list(_slots.values())
    for slot in slots:
        with slot.lock:
            slot.discard()


class _Child:
    """One running child and our end of its wire."""

    def __init__(self, target: str, memory: int) -> None:
        ours, theirs = socket.socketpair()
        self.wire, self.calls = ours, 0
        try:
            self.process = _start(target, memory, theirs)
        except OSError as error:
            ours.close()
            raise ChildUnavailable(f"no child for {target}: {type(error).__name__}") from error
        finally:
            theirs.close()

    def greet(self, target: str) -> None:
        """Wait until the handler is loaded and the door locked."""
        try:
            status, _, _ = self.hear(time.monotonic() + START_SECONDS, limit=0)
        except (OSError, EOFError) as error:
            raise ChildUnavailable(f"the child for {target} did not start") from error
        if status != READY:
            raise ChildUnavailable(f"the child for {target} did not start")

    def tell(self, payload: bytes, limits: Limits, deadline: float) -> None:
        head = REQUEST.pack(limits.cpu, limits.wall, limits.output, len(payload))
        self.wire.settimeout(_left(deadline))
        if len(payload) < 1 << 16:
            self.wire.sendall(head + payload)
        else:
            self.wire.sendall(head)
            self.wire.settimeout(_left(deadline))
            self.wire.sendall(payload)

    def hear(self, deadline: float, *, limit: int) -> tuple[bytes, bytes, bool]:
        """Read one answer: status, body, and whether the child leaves after it."""
        status, last, length = REPLY.unpack(self._receive(REPLY.size, deadline))
        if length > max(limit, 4096):  # a refusal or a failure is short
            raise ChildFailed("output")
        return status, self._receive(length, deadline), bool(last)

    def _receive(self, length: int, deadline: float) -> bytes:
        buffer = bytearray(length)
        view = memoryview(buffer)
        while view:
            self.wire.settimeout(_left(deadline))
            count = self.wire.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return bytes(buffer)

    def end(self) -> int:
        """Stop the child if it still runs; give how it ended."""
        self.wire.close()
        try:
            return self.process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class _Slot:
    """The place of one handler's child, and the lock around it."""

    def __init__(self, target: str, memory: int) -> None:
        self.target, self.memory = target, memory
        self.lock = threading.Lock()
        self.child: _Child | None = None

    def ask(self, payload: bytes, limits: Limits) -> bytes:
        child = self._ready_child()
        try:
            status, body, last = self._exchange(child, payload, limits)
        except BaseException:  # even an interrupt: half a frame on the wire would harm the next call
            self.discard()
            raise
        child.calls += 1
        if last or child.calls >= CALLS_PER_CHILD:
            self.discard()
        return _result(status, body)

    def discard(self) -> int:
        child, self.child = self.child, None
        return child.end() if child else 0

    def forget(self) -> None:
        """After a fork: the child belongs to the process we came from; only let go of the wire."""
        if self.child:
            self.child.wire.close()
            self.child.process.returncode = 0

    def _ready_child(self) -> _Child:
        if self.child and self.child.process.poll() is not None:
            self.discard()
        if not self.child:
            self.child = _Child(self.target, self.memory)
            try:
                self.child.greet(self.target)
            except BaseException:
                self.discard()
                raise
        return self.child

    def _exchange(self, child: _Child, payload: bytes, limits: Limits) -> tuple[bytes, bytes, bool]:
        deadline = time.monotonic() + limits.wall
        try:
            child.tell(payload, limits, deadline)
            return child.hear(deadline, limit=limits.output)
        except TimeoutError as error:
            child.process.kill()
            raise ChildFailed("wall") from error
        except (OSError, EOFError) as error:
            ending = self.discard()
            raise ChildFailed(_ENDINGS.get(ending, "crash"), f"ended with {ending}") from error


def _start(target: str, memory: int, wire: socket.socket) -> subprocess.Popen[bytes]:
    # PR_SET_PDEATHSIG fires when the *thread* that started the child ends: only the main thread may tie it.
    # Any other child ends at the end of its wire, or by its own alarm when it is busy at that moment.
    tied = "tied" if threading.current_thread() is threading.main_thread() else "loose"
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", "portal.lib.confined", target, str(memory), tied],
        stdin=wire.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a trace may quote the payload
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
        start_new_session=True,  # Ctrl-C in a terminal is for us, not for it
    )


def _result(status: bytes, body: bytes) -> bytes:
    if status == DONE:
        return body
    try:
        answer = json.loads(body)
        if status == REFUSED:
            raise Refused(str(answer["code"]))
        if status == FAILED and answer["reason"] in REASONS:
            raise ChildFailed(cast(Reason, answer["reason"]), str(answer["detail"])[:200])
    except (ValueError, KeyError, TypeError) as error:
        raise ChildFailed("crash", "answer not understood") from error
    raise ChildFailed("crash", "answer not understood")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


_slots: dict[tuple[str, int, str], _Slot] = {}
_registry = threading.Lock()


def _slot(target: str, memory: int, lane: str) -> _Slot:
    with _registry:
        return _slots.setdefault((target, memory, lane), _Slot(target, memory))


def _after_fork() -> None:
    global _registry
    for slot in _slots.values():
        slot.forget()
    _slots.clear()
    _registry = threading.Lock()  # another thread of our parent may have held the old one


os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_all)
