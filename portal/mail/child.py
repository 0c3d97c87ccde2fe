"""What the confined child does with a mail: read it, or hand out one attachment."""

from __future__ import annotations

from portal.lib.confined import Refused
from portal.mail import charsets
from portal.mail.jsonform import to_json
from portal.mail.parse import NoSuchPart, Unreadable, extract, parse

READ, EXTRACT = b"R", b"E"

# Goes once through every room, so that nothing is left to import when no file can be opened any more.
_WARM_UP = b"""From: =?utf-8?q?L=C3=A9a?= <lea@example.org>
Date: Mon, 12 Jan 2026 09:12:00 +0100
Content-Type: multipart/report; boundary=b

--b
Content-Type: text/html; charset=iso-8859-15
Content-Transfer-Encoding: quoted-printable

<p>caf=E9</p>
--b
Content-Type: message/delivery-status
Content-Transfer-Encoding: base64

RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFAYi5mcg==
--b--
"""


def preload() -> None:
    """Load codecs and modules while files can still be opened."""
    charsets.preload()
    to_json(parse(_WARM_UP))


def handle(payload: bytes) -> bytes:
    """`R` and a mail → its ParsedMail as JSON; `E`, a path, a line feed and a mail → the attachment's bytes.

    Raises Refused with the reason of Unreadable, or "no-such-part".
    """
    try:
        if payload[:1] == EXTRACT:
            path, _, raw = payload[1:].partition(b"\n")
            return extract(raw, path.decode("ascii", "replace"))
        return to_json(parse(payload[1:]))
    except Unreadable as error:
        raise Refused(error.reason) from error
    except NoSuchPart as error:
        raise Refused("no-such-part") from error
