"""Let the kernel refuse new processes and programs, while threads may still be started (Linux).

RLIMIT_NPROC cannot tell the two apart, and the decoder of iPhone photos (libde265) works in a thread of its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from dataclasses import dataclass

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_CLONE_THREAD = 0x00010000
_OTHER_TABLE = 0x40000000  # x32: the same calls under other numbers
_INSTRUCTION = struct.Struct("HBBI")


@dataclass(frozen=True)
class _Machine:
    """The numbers of one architecture (its syscall table), in <linux/audit.h> called `arch`."""

    arch: int
    clone: int
    clone3: int
    refused: tuple[int, ...]  # fork, vfork, execve, execveat, socket, ptrace


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 56, 435, (57, 58, 59, 322, 41, 101)),
    "aarch64": _Machine(0xC00000B7, 220, 435, (221, 281, 198, 117)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_processes() -> bool:
    """Whether the kernel took the filter; it cannot be taken off. Needs no_new_privs."""
    machine = _MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or machine is None or sys.maxsize <= 2**32:
        return False
    code = b"".join(_instructions(machine))
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // _INSTRUCTION.size, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _instructions(machine: _Machine) -> list[bytes]:
    """A jump says how many instructions it passes over when it holds, and when it does not."""
    tests = [
        _one(_LOAD, _ARCH),
        _one(_EQUAL, machine.arch, yes=1),
        _one(_RETURN, _KILL),
        _one(_LOAD, _NUMBER),
        _one(_AT_LEAST, _OTHER_TABLE, no=1),
        _one(_RETURN, _KILL),
        _one(_EQUAL, machine.clone3, no=1),
        _one(_RETURN, _REFUSE | errno.ENOSYS),  # glibc then calls clone, whose flags a filter can read
    ]
    for number in machine.refused:
        tests += [_one(_EQUAL, number, no=1), _one(_RETURN, _REFUSE | errno.EPERM)]
    return [
        *tests,
        _one(_EQUAL, machine.clone, no=3),
        _one(_LOAD, _FIRST_ARGUMENT),
        _one(_ANY_BIT, _CLONE_THREAD, yes=1),
        _one(_RETURN, _REFUSE | errno.EPERM),
        _one(_RETURN, _ALLOW),
    ]


def _one(code: int, operand: int, *, yes: int = 0, no: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, yes, no, operand)
