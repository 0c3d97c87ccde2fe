"""What the confined child does with a mail: read it, hand out one attachment, or clean its HTML."""

from __future__ import annotations

from portal.lib.confined import Refused
from portal.mail import charsets
from portal.mail.jsonform import to_json
from portal.mail.layout import NoLayout, layout
from portal.mail.parse import NoSuchPart, Unreadable, extract, parse

READ, EXTRACT, LAYOUT = b"R", b"E", b"L"

# Goes once through every room, so that nothing is left to import when no file can be opened any more.
_WARM_UP = b"""From: =?utf-8?q?L=C3=A9a?= <lea@example.org>
Date: Mon, 12 Jan 2026 09:12:00 +0100
Content-Type: multipart/report; boundary=b

--b
Content-Type: text/html; charset=iso-8859-15
Content-Transfer-Encoding: quoted-printable

<p style=3D"color:red">caf=E9 <a href=3D"https://caf=E9.fr/">ici</a></p>
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
    to_json(layout(_WARM_UP))


def handle(payload: bytes) -> bytes:
    """`R` and a mail → its ParsedMail as JSON; `E`, a path, a line feed and a mail → the attachment's bytes.

    `L` and a mail → its Layout as JSON. Raises Refused with the reason of Unreadable, the code of NoLayout, or
    "no-such-part".
    """
    try:
        if payload[:1] == EXTRACT:
            path, _, raw = payload[1:].partition(b"\n")
            return extract(raw, path.decode("ascii", "replace"))
        return to_json(layout(payload[1:]) if payload[:1] == LAYOUT else parse(payload[1:]))
    except NoLayout as error:
        raise Refused(error.code) from error
    except Unreadable as error:
        raise Refused(error.reason) from error
    except NoSuchPart as error:
        raise Refused("no-such-part") from error
