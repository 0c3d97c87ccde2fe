"""Start servers of the system in a folder of their own, on free ports, and wait until they answer."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 20.0


def missing(*programs: tuple[str, str]) -> str:
    """Why these (program, Debian package) cannot be started: what to install first, or nothing."""
    lacking = [package for program, package in programs if find(program) is None]
    return f"{', '.join(sorted(set(lacking)))} is not installed" if lacking else ""


def find(program: str) -> str | None:
    """Where `program` is; system servers are outside an ordinary user's path."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def free_port() -> int:
    """A port of loopback that nobody uses right now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Ask `ready` until it says yes. Raises TimeoutError naming `what`."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether something listens on `port` of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def unprivileged_user() -> tuple[str, str]:
    """The user and group under which a server may run here: nobody's when we are root, else ours."""
    found = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())

    return found.pw_name, grp.getgrgid(found.pw_gid).gr_name


def give_to(user: str, *folders: Path) -> None:
    """Let `user` own these folders and what is in them."""
    if os.getuid() == 0:
        for folder in folders:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user)
