"""Handlers that behave as hostile bytes would make a parser behave."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from portal.lib.confined import Refused

hoard: list[bytearray] = []


def _tried(action: Callable[[], object]) -> bytes:
    try:
        action()
    except OSError as error:
        return f"refused {error.errno}".encode()
    return b"done"


def _write_to_open_file() -> None:
    with os.fdopen(os.dup(1), "wb") as out:
        out.write(b"x")


ACTIONS: dict[bytes, Callable[[], object]] = {
    b"open": lambda: Path("/etc/hostname").read_bytes(),
    b"create": lambda: Path("/tmp/from-the-child").write_bytes(b"x"),
    b"socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    b"unix": lambda: socket.socketpair(),
    b"fork": os.fork,
    b"exec": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
    b"process": lambda: subprocess.run(["/bin/true"], check=False),
    b"dup": _write_to_open_file,
    b"listdir": lambda: list(Path("/").iterdir()),
}


def act(payload: bytes) -> bytes:
    """Try one forbidden thing, and say whether it worked."""
    return _tried(ACTIONS[payload])


def echo(payload: bytes) -> bytes:
    return payload


def pid(_payload: bytes) -> bytes:
    return str(os.getpid()).encode()


def environ(_payload: bytes) -> bytes:
    return "\n".join(f"{name}={value}" for name, value in os.environ.items()).encode()


def arguments(_payload: bytes) -> bytes:
    return " ".join(sys.orig_argv).encode()


def burn(payload: bytes) -> bytes:
    while payload == b"burn":
        pass
    return str(os.getpid()).encode()


def sleep(payload: bytes) -> bytes:
    time.sleep(float(payload))
    return b"awake"


def allocate(payload: bytes) -> bytes:
    """Take that many megabytes for the time of the call."""
    return str(len(bytearray(int(payload) * 1024 * 1024))).encode()


def keep(payload: bytes) -> bytes:
    """Take that many megabytes for good; answer the process."""
    hoard.append(bytearray(b"x") * (int(payload) * 1024 * 1024))
    return str(os.getpid()).encode()


def inflate(payload: bytes) -> bytes:
    return b"x" * int(payload)


def crash(payload: bytes) -> bytes:
    if payload == b"abort":
        os.abort()
    if payload == b"exit":
        os._exit(0)
    if payload == b"raise":
        raise ValueError("Mme Durand, 2 79 03 51 215 189 89")
    return payload


def garble(_payload: bytes) -> bytes:
    os.write(0, b"nonsense that is no frame at all")
    return b""


def refuse(payload: bytes) -> bytes:
    raise Refused(payload.decode())
