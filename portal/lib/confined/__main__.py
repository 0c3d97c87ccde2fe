"""The child: load one handler, lock the door, answer frame after frame on file descriptor 0."""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from portal.lib.confined import jail
from portal.lib.confined.contract import (
    DONE,
    FAILED,
    MB,
    MEMORY_EXIT,
    READY,
    REFUSED,
    REPLY,
    REQUEST,
    Refused,
)

WIRE = 0
GROWTH = 64 * MB

Handler = Callable[[bytes], bytes]


class Memory:
    """Resident size of this process, read through a file opened while files could still be opened."""

    def __init__(self) -> None:
        try:
            self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._statm = -1
        self._ceiling = self._resident() + GROWTH

    def grew(self) -> bool:
        return self._resident() > self._ceiling

    def _resident(self) -> int:
        if self._statm < 0:  # no /proc: the highest size so far, in bytes on macOS
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(os.pread(self._statm, 128, 0).split()[1]) * resource.getpagesize()


def main(target: str, memory: str, tied: str) -> None:
    """Serve `target` until the parent hangs up."""
    handler = _load(target)
    watch = Memory()
    jail.lock(memory=int(memory), tied=tied == "tied")
    for clock in (signal.SIGXCPU, signal.SIGALRM):
        signal.signal(clock, signal.SIG_DFL)  # an ignored signal stays ignored across exec
    _reply(READY, b"", last=False)
    try:
        while _serve(handler, watch):
            pass
    except MemoryError:  # while reading the payload
        sys.exit(MEMORY_EXIT)


def _load(target: str) -> Handler:
    module_name, _, function = target.partition(":")
    module = importlib.import_module(module_name)
    getattr(module, "preload", bool)()
    handler: Handler = getattr(module, function)
    return handler


def _serve(handler: Handler, watch: Memory) -> bool:
    head = _read(REQUEST.size)
    if len(head) < REQUEST.size:
        return False
    cpu, wall, output, length = REQUEST.unpack(head)
    payload = _read(length)
    _wind(cpu, wall)
    status, body, last = _answer(handler, payload)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if len(body) > output:
        status, body, last = FAILED, _failure("output"), True
    del payload
    last = last or watch.grew()
    _reply(status, body, last=last)
    return not last


def _answer(handler: Handler, payload: bytes) -> tuple[bytes, bytes, bool]:
    try:
        return DONE, handler(payload), False
    except Refused as refusal:
        return REFUSED, json.dumps({"code": refusal.code}).encode(), False
    except MemoryError:
        return FAILED, _failure("memory"), True
    except Exception as error:  # the outermost loop of a worker; the parent says where it happened
        return FAILED, _failure("crash", _place(error)), True


def _wind(cpu: int, wall: float) -> None:
    """Start both clocks. The alarm is for a child whose parent is gone and no longer watches."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + cpu, hard))
    signal.setitimer(signal.ITIMER_REAL, wall + 1)


def _failure(reason: str, detail: str = "") -> bytes:
    return json.dumps({"reason": reason, "detail": detail}).encode()


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {where}"  # the message of the error may quote the mail


def _read(length: int) -> bytes:
    buffer = bytearray()
    while len(buffer) < length:
        piece = os.read(WIRE, min(length - len(buffer), MB))
        if not piece:
            break
        buffer += piece
    return bytes(buffer)


def _reply(status: bytes, body: bytes, *, last: bool) -> None:
    view = memoryview(REPLY.pack(status, last, len(body)) + body)
    while view:
        view = view[os.write(WIRE, view) :]


if __name__ == "__main__":
    main(*sys.argv[1:4])
