"""Take from the process that calls it every way to reach the world. There is no way back."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

from portal.lib.confined.syscalls import refuse_processes

NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LINUX = sys.platform == "linux"


def lock(*, memory: int, tied: bool) -> None:
    """Allow no new file, socket, process or privilege, and at most `memory` bytes of address space.

    Threads are allowed where the kernel can tell them from processes, and nowhere else.
    `tied`: die with the thread that started us (Linux). Call it once everything needed is imported.
    """
    if os.geteuid() == 0:
        _become_nobody()
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_AS, memory)
    if _LINUX:
        _prctl(tied=tied)
    if not refuse_processes():
        _cap(resource.RLIMIT_NPROC, 0)
    _cap(resource.RLIMIT_NOFILE, 0)


def _become_nobody() -> None:
    # root would keep its way around RLIMIT_NPROC. A container that maps no other user keeps the other limits.
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _cap(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(what, (ceiling, ceiling))
    except (ValueError, OSError):
        if _LINUX:
            raise  # elsewhere some limits are only names (macOS and address space)


def _prctl(*, tied: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if tied:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)  # after setuid, which clears it
