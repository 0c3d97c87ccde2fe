"""Optical recognition: tesseract, where it is installed, reads a picture that we drew ourselves.

The picture goes in and the text comes out by pipes; the program may write no file at all.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from functools import cache

from django.conf import settings

LANGUAGE = "fra"
DENSITY = "150"
SECONDS, CPU_SECONDS, MEMORY = 40.0, 30, 1024 * 1024 * 1024
MOST_TEXT = 200_000
NICE = 10


class NotRecognised(Exception):
    """The picture was too much for it."""


@cache
def program() -> str:
    """The path of the program, or nothing when it is missing, cannot read French, or is not wanted (OCR=off)."""
    found = shutil.which(settings.OCR) if settings.OCR != "off" else None
    if found is None:
        return ""
    try:
        known = subprocess.run([found, "--list-langs"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found if LANGUAGE.encode() in known.stdout.split() else ""


def recognise(picture: bytes) -> str:
    """The text in a JPEG. Raises NotRecognised."""
    command = [program(), "stdin", "stdout", "-l", LANGUAGE, "--dpi", DENSITY]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a message may quote what was read
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
        cwd="/",
        start_new_session=True,
    ) as process:
        try:
            _bound(process.pid)
            text, _ = process.communicate(picture, timeout=SECONDS)
        except (subprocess.TimeoutExpired, OSError) as error:
            process.kill()
            raise NotRecognised from error
    if process.returncode != 0:
        raise NotRecognised
    return text[: 4 * MOST_TEXT].decode("utf-8", "replace")[:MOST_TEXT]


def _bound(pid: int) -> None:
    """Before it has been given the picture: no file, so much memory, so much time, after everything else."""
    if sys.platform != "linux":
        return
    os.setpriority(os.PRIO_PROCESS, pid, NICE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
    resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
    resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
