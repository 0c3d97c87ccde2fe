"""A mail to be written, and the checks no value passes with a trick inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.lib.text import BIDI
from portal.mail.addresses import Address, BadAddress, check_outgoing

# Line breaks of any kind, NUL and other controls, half surrogates, and what turns the reading order round.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff" + BIDI + "]")
_FORBIDDEN_IN_TEXT = re.compile("[\x00\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,500}")  # no space, no angle bracket: it cannot leave its place
_NIL = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FILE_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9.+_-]{0,80}/[a-z0-9][a-z0-9.+_-]{0,80}")
LONGEST_NAME = 120


class Unsendable(ValueError):
    """A value that must not leave. `field` is its place, `code` the reason; never the value itself."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to attach, named as people will see it."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """All that goes into one message.

    `sender.label` is the From label of the BAL (ECO.2.2.7), `date` is aware, `nil` the product reference that
    stands on every mail (ECO.2.4.3); identifiers stand without angle brackets.
    """

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    text: str
    date: datetime
    message_id: str
    nil: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    ends_exchange: bool = False
    mdn_to: Address | None = None
    auto_submitted: str = "no"
    attachments: tuple[OutgoingFile, ...] = ()


def new_message_id(mailbox: str, unique: UUID) -> str:
    """An identifier at the mailbox's own domain (RFC 5322 3.6.4). Raises Unsendable."""
    return f"{unique.hex}@{_checked_address('message-id', mailbox).rpartition('@')[2]}"


def is_message_id(value: str) -> bool:
    """Whether an identifier, perhaps a stranger's, may be written between angle brackets."""
    return bool(_MESSAGE_ID.fullmatch(value))


def check(mail: OutgoingMail) -> None:
    """Refuse every value that could become another header or another command. Raises Unsendable."""
    if not mail.to and not mail.cc:
        raise Unsendable("to", "empty")
    if mail.date.tzinfo is None:
        raise Unsendable("date", "naive")
    for field, address in _addresses(mail):
        _checked_address(field, address.address)
        _check_line(field, address.label)
    _check_line("subject", mail.subject)
    _check_match("message-id", mail.message_id, _MESSAGE_ID)
    for parent in (mail.in_reply_to, *mail.references):
        _check_line("references", parent)
    _check_match("nil", mail.nil, _NIL)
    _check_match("auto-submitted", mail.auto_submitted, re.compile(r"no|auto-generated|auto-replied"))
    if _FORBIDDEN_IN_TEXT.search(mail.text):
        raise Unsendable("text", "control")
    for file in mail.attachments:
        _check_file(file)


def _addresses(mail: OutgoingMail) -> list[tuple[str, Address]]:
    named = [("from", mail.sender), *(("to", a) for a in mail.to), *(("cc", a) for a in mail.cc)]
    return [*named, ("mdn-to", mail.mdn_to)] if mail.mdn_to else named


def _checked_address(field: str, address: str) -> str:
    try:
        return check_outgoing(address)
    except BadAddress as error:
        raise Unsendable(field, error.code) from error


def _check_file(file: OutgoingFile) -> None:
    _check_line("attachment", file.name)
    if not file.name.strip() or len(file.name) > LONGEST_NAME or "/" in file.name or "\\" in file.name:
        raise Unsendable("attachment", "name")
    _check_match("attachment", file.content_type, _FILE_TYPE)


def _check_line(field: str, value: str) -> None:
    if _FORBIDDEN.search(value):
        raise Unsendable(field, "control")
    if len(value) > 1000:
        raise Unsendable(field, "too-long")


def _check_match(field: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise Unsendable(field, "syntax")
