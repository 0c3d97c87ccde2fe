"""Header fields of a mail, each read on its own: one that is broken harms no other."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from portal.mail.addresses import Address, parse_list
from portal.mail.charsets import decode_header
from portal.mail.references import message_ids
from portal.mail.structure import Fields

_ONCE = (
    "from",
    "sender",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
)
_CODE = re.compile(r"[A-Za-z0-9.-]{1,40}")
_BULK = {"bulk", "list", "junk"}
_NO_ANSWER = {"all", "oof", "autoreply"}


def text(fields: Fields, name: str) -> str:
    """The first field of that name, decoded, on one line; empty when absent."""
    raw = fields.get(name)
    return decode_header(raw) if raw else ""


def addresses(fields: Fields, name: str) -> tuple[Address, ...]:
    """The addresses of the fields of that name; the standard allows one, ten are read."""
    return tuple(address for raw in fields.all(name)[:10] for address in parse_list(raw))


def identifiers(fields: Fields, name: str) -> tuple[str, ...]:
    raw = fields.get(name)
    return message_ids(raw.decode("ascii", "replace")) if raw else ()


def date(fields: Fields) -> datetime | None:
    """The Date field in UTC; None when absent, not understood, or out of our century."""
    try:
        when = parsedate_to_datetime(text(fields, "date"))
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if 1980 <= when.year < 2100 else None


def return_path(fields: Fields) -> str | None:
    """The address mail is returned to; "" for the null sender; None when no server wrote one."""
    raw = fields.get("return-path")
    if raw is None:
        return None
    found = parse_list(raw)
    return found[0].address if found else ""


def auto_submitted(fields: Fields) -> str:
    """The keyword of RFC 3834 5: "no" when a person wrote, else auto-generated, auto-replied…"""
    value = text(fields, "auto-submitted").partition(";")[0].split("(")[0].strip().lower()
    return value[:40] or "no"


def from_list(fields: Fields) -> bool:
    """Whether it went to many, or wants no automatic answer: List-* (RFC 2369, 2919), Precedence, Exchange's own."""
    if any(name.startswith("list-") for name, _ in fields.items):
        return True
    suppressed = {each.strip() for each in text(fields, "x-auto-response-suppress").lower().split(",")}
    return text(fields, "precedence").lower() in _BULK or bool(suppressed & _NO_ANSWER)


def cda_codes(fields: Fields) -> tuple[str, ...]:
    """The codes of X-MSS-CODECDA (ECO.2.4.1): LOINC and TRE codes separated by commas."""
    codes = (code.strip() for code in text(fields, "x-mss-codecda").split(","))
    return tuple(code for code in codes if _CODE.fullmatch(code))[:50]


def ins_announced(fields: Fields) -> bool | None:
    """X-MSS-INS (ECO.2.4.2): O or N; None when absent or neither."""
    return {"O": True, "N": False}.get(text(fields, "x-mss-ins").upper())


def defects(fields: Fields) -> list[str]:
    """What lets two programs see two different senders or subjects."""
    names = [name for name, _ in fields.items]
    return [f"several-{name}" for name in _ONCE if names.count(name) > 1]
