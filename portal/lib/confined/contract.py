"""What both sides of a confined call agree on: limits, failures, frames."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal, get_args

MB = 1024 * 1024

Reason = Literal["cpu", "wall", "memory", "crash", "output"]
REASONS: tuple[str, ...] = get_args(Reason)

REQUEST = struct.Struct("!IdQQ")  # CPU seconds, wall seconds, largest answer, length of the payload
REPLY = struct.Struct("!cBQ")  # status, 1 when the child leaves after this answer, length of the body
READY, DONE, REFUSED, FAILED = b"R", b"D", b"X", b"F"
MEMORY_EXIT = 77

_CODE = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: sizes in bytes, times in seconds. `memory` is address space.

    `queue` is how long to wait for the child while it answers others; None waits for as long as that takes.
    Each `lane` has a child of its own: who asks in one waits for nobody in another.
    """

    memory: int = 512 * MB
    cpu: int = 10
    wall: float = 20.0
    output: int = 64 * MB
    queue: float | None = None
    lane: str = ""


class Refused(Exception):
    """The handler's own answer to bytes it does not want: a short code, never a piece of the payload."""

    def __init__(self, code: str) -> None:
        if not _CODE.fullmatch(code):
            raise ValueError("a refusal is a code of small letters, digits and hyphens")
        super().__init__(code)
        self.code = code


class ChildFailed(Exception):
    """The child died on this payload or was stopped. `detail` names a place in the code, never content."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = reason
        self.detail = detail


class ChildUnavailable(Exception):
    """No child could be started, or it is busy with others. It says nothing about the payload: try again later."""
