"""Have bytes examined for malware; what was not examined is never called clean."""

from __future__ import annotations

import logging
import socket
import struct
from enum import StrEnum

from django.conf import settings

logger = logging.getLogger(__name__)

TIMEOUT = 30.0
PIECE = 1 << 18
LENGTH = struct.Struct("!I")
LONGEST_ANSWER = 4096
# The test file of EICAR, in two halves so that no scanner takes this one for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# clamd names so what it gave up on (AlertExceedsMax, AlertEncrypted): that is not a virus found.
NOT_EXAMINED = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"


def scan(data: bytes) -> Verdict:
    """Examine `data` as the setting ANTIVIRUS says: "clamd:/socket" or "clamd:host:port", "builtin-eicar"
    (demo and tests: knows the EICAR file only), "off" or nothing.

    A scanner that does not answer gives UNSCANNED, and a line in the log.
    """
    scanner, _, address = settings.ANTIVIRUS.partition(":")
    if scanner == "clamd":
        return _by_clamd(data, address)
    if scanner == "builtin-eicar":
        return Verdict.INFECTED if EICAR in data else Verdict.CLEAN
    return Verdict.UNSCANNED


def may_open(verdict: Verdict) -> bool:
    """Whether people may see a file: examined and clean, or not examined because ANTIVIRUS is "off"."""
    return verdict == Verdict.CLEAN or (verdict == Verdict.UNSCANNED and settings.ANTIVIRUS == "off")


def _by_clamd(data: bytes, address: str) -> Verdict:
    try:
        answer = _instream(data, address)
    except OSError as error:
        logger.warning("clamd did not answer: %s", type(error).__name__)
        return Verdict.UNSCANNED
    return _understood(answer)


def _understood(answer: str) -> Verdict:
    if answer == "stream: OK":
        return Verdict.CLEAN
    name = answer.removeprefix("stream: ").removesuffix(" FOUND")
    if answer.endswith(" FOUND") and not name.startswith(NOT_EXAMINED):
        logger.warning("clamd found %s", name)
        return Verdict.INFECTED
    logger.warning("clamd could not examine a file: %s", answer)
    return Verdict.UNSCANNED


def _instream(data: bytes, address: str) -> str:
    """One INSTREAM exchange (clamd(8)): pieces with their length before them, an empty one ends them."""
    view = memoryview(data)
    with _connected(address) as wire:
        wire.sendall(b"zINSTREAM\0")
        for start in range(0, len(view), PIECE):
            piece = view[start : start + PIECE]
            wire.sendall(LENGTH.pack(len(piece)))
            wire.sendall(piece)
        wire.sendall(LENGTH.pack(0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (more := wire.recv(1024)):
            answer += more
    return answer.rstrip(b"\0").decode("ascii", "replace")


def _connected(address: str) -> socket.socket:
    if not address.startswith("/"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=TIMEOUT)
    wire = socket.socket(socket.AF_UNIX)
    wire.settimeout(TIMEOUT)
    wire.connect(address)
    return wire
