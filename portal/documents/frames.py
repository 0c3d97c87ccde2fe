"""A question or an answer with bytes attached, in one run of bytes."""

from __future__ import annotations

import json
import struct
from typing import Any

LENGTH = struct.Struct("!I")


def framed(head: dict[str, Any], data: bytes = b"") -> bytes:
    plain = json.dumps(head).encode()
    return LENGTH.pack(len(plain)) + plain + data


def unframed(frame: bytes) -> tuple[dict[str, Any], memoryview]:
    """Undo `framed`; the bytes are not copied."""
    (length,) = LENGTH.unpack_from(frame)
    start = LENGTH.size + length
    return json.loads(frame[LENGTH.size : start]), memoryview(frame)[start:]
