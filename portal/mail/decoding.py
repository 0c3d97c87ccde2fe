"""Undo the transfer encoding of one part (RFC 2045 6)."""

from __future__ import annotations

import binascii
import re

from portal.mail.charsets import base64_bytes
from portal.mail.structure import Part

_PADDING = re.compile(rb"=[=\s]*")


def decoded(part: Part) -> tuple[bytes, str]:
    """The bytes a part carries, and the defect found on the way ("" when none)."""
    encoding = (part.fields.get("content-transfer-encoding") or b"").strip().lower()
    if encoding == b"base64":
        return _base64(part.body)
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(part.body), ""
    known = encoding in (b"", b"7bit", b"8bit", b"binary")
    return part.body, "" if known else "unknown-encoding"


def _base64(body: bytes) -> tuple[bytes, str]:
    """Programs disagree on what follows a padding: we read on, as mail clients do, and say so."""
    chunks = [chunk for chunk in _PADDING.split(body) if chunk.strip()]
    defect = "base64" if len(chunks) > 1 else ""
    return b"".join(map(base64_bytes, chunks)), defect
