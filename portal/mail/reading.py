"""Read mails in the confined child: the only way the rest of the program reads a stranger's bytes."""

from __future__ import annotations

from portal.lib.confined import ChildFailed, Limits, Refused, call
from portal.mail.jsonform import BadForm, from_json
from portal.mail.parsed import Layout, NoSuchPart, ParsedMail, Unreadable

TRIES = 2
LIMITS = Limits(memory=512 * 1024 * 1024, cpu=10, wall=20.0, output=64 * 1024 * 1024)
# Somebody waits in front of the screen; what costs more is shown as text.
LAYOUT_LIMITS = Limits(memory=512 * 1024 * 1024, cpu=1, wall=6.0, queue=5.0, lane="layout")

_TARGET = "portal.mail.child:handle"


def read(raw: bytes) -> ParsedMail:
    """The mail as far as it can be read, in at most two tries of 10 s CPU, 20 s and 512 MB.

    Raises Unreadable (for good: keep the bytes, show the reason) and lets ChildUnavailable through (for now:
    nothing is known of the mail, try again later).
    """
    answer = _ask(b"R" + raw)
    try:
        return from_json(ParsedMail, answer)
    except BadForm as error:
        raise Unreadable("parser-form") from error


def extract_confined(raw: bytes, part: str) -> bytes:
    """The decoded bytes of one attachment. Raises NoSuchPart, and what `read` raises."""
    if not part.isascii() or "\n" in part:
        raise NoSuchPart(part)
    return _ask(b"E" + part.encode() + b"\n" + raw)


def layout_confined(raw: bytes) -> Layout:
    """The HTML of a mail, cleaned, in one try of 1 s CPU.

    Raises Unreadable: it has none, or what it has is not shown (no-layout, layout-too-long, parser-<why>);
    ChildUnavailable: later perhaps.
    """
    try:
        return from_json(Layout, call(_TARGET, b"L" + raw, limits=LAYOUT_LIMITS))
    except Refused as refusal:
        raise Unreadable(refusal.code) from refusal
    except ChildFailed as failure:
        raise Unreadable(f"parser-{failure.reason}") from failure
    except BadForm as error:
        raise Unreadable("parser-form") from error


def _ask(payload: bytes) -> bytes:
    for attempt in range(1, TRIES + 1):
        try:
            return call(_TARGET, payload, limits=LIMITS)
        except Refused as refusal:
            if refusal.code == "no-such-part":
                raise NoSuchPart from refusal
            raise Unreadable(refusal.code) from refusal
        except ChildFailed as failure:
            if attempt == TRIES:
                raise Unreadable(f"parser-{failure.reason}") from failure
    raise AssertionError("unreachable")
