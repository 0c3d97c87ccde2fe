"""Keep the ends of the chains in a file outside the database, signed, so that a cut tail shows."""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings


class NoAnchorKey(Exception):
    """This process holds no ANCHOR_KEY: it can neither sign nor check an anchor."""


class AnchorForged(Exception):
    """A line of the anchor file does not carry our signature; the message is its number."""


@dataclass(frozen=True)
class Anchor:
    """That at some moment a pharmacy's chain had `n` entries and ended in `hash`."""

    pharmacy_id: UUID
    n: int
    hash: bytes
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def signed_with(self, key: bytes) -> str:
        content = json.dumps([str(self.pharmacy_id), self.n, self.hash.hex(), self.at])
        return hmac.new(key, b"officinal anchor\0" + content.encode(), "sha256").hexdigest()


def append(anchor: Anchor) -> None:
    """Add a line and have it on the disk before returning.

    Raises:
        NoAnchorKey: there is no key to sign with.
    """
    line = {
        "pharmacy": str(anchor.pharmacy_id),
        "n": anchor.n,
        "hash": anchor.hash.hex(),
        "at": anchor.at,
        "mac": anchor.signed_with(_keys()[0]),
    }
    _append_line(settings.ANCHOR_FILE, json.dumps(line))


def anchors() -> Iterator[Anchor]:
    """Every anchor ever written, oldest first.

    Raises:
        NoAnchorKey: there is no key to check with.
        AnchorForged: a line is not ours.
    """
    keys = _keys()
    if not settings.ANCHOR_FILE.exists():
        return
    with settings.ANCHOR_FILE.open() as lines:
        for number, line in enumerate(lines, 1):
            if line.endswith("\n"):  # else the power went while it was written, and it was never relied on
                yield _checked(line, number, keys)


def _checked(line: str, number: int, keys: list[bytes]) -> Anchor:
    try:
        values = json.loads(line)
        anchor = Anchor(
            UUID(values["pharmacy"]), int(values["n"]), bytes.fromhex(values["hash"]), values["at"]
        )
        mac = str(values["mac"])
    except (ValueError, KeyError, TypeError) as error:
        raise AnchorForged(number) from error
    if not any(hmac.compare_digest(anchor.signed_with(key), mac) for key in keys):
        raise AnchorForged(number)
    return anchor


def _append_line(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _drop_torn_line(handle)
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_torn_line(handle: int) -> None:
    """Move to the end of the file, taking away what a power cut left unfinished there."""
    end = os.lseek(handle, 0, os.SEEK_END)
    tail = os.pread(handle, 1024, max(0, end - 1024))
    keep = end - (len(tail) - (tail.rfind(b"\n") + 1))
    if keep != end:
        os.ftruncate(handle, keep)
    os.lseek(handle, keep, os.SEEK_SET)


def _keys() -> list[bytes]:
    if not settings.ANCHOR_KEYS:
        raise NoAnchorKey
    return list(settings.ANCHOR_KEYS)
