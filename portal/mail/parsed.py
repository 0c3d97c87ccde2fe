"""The shapes a mail takes once it is read. Every string is storable, every length bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.mail.addresses import Address


class Unreadable(Exception):
    """Nothing can be shown. `reason`: empty, no-header, too-deep, too-many-parts, parser-<why>."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSuchPart(LookupError):
    """The mail has no attachment under that path."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. `part` is its place ("1.2"), `digest` the SHA-256 of its decoded bytes, in hex."""

    part: str
    name: str
    declared_type: str
    size: int
    digest: str
    inline: bool
    content_id: str


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one recipient (RFC 3464 2.3). Fields the report leaves out are empty."""

    final_recipient: str
    original_recipient: str
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str  # RFC 3463, such as 5.2.1
    diagnostic: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A DSN (RFC 3464), or a bounce in words: then `machine` is false and recipients are a guess."""

    original_message_id: str
    envelope_id: str
    recipients: tuple[RecipientReport, ...]
    machine: bool


@dataclass(frozen=True, slots=True)
class ReadReport:
    """An MDN (RFC 8098): displayed, processed, deleted, dispatched; `error_code` as ANS writes it (902)."""

    original_message_id: str
    final_recipient: str
    original_recipient: str
    disposition: str
    automatic: bool
    failed: bool
    error_code: str
    error_text: str


Report = DeliveryReport | ReadReport


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as read. Identifiers stand without angle brackets; an absent header is empty or None."""

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: datetime | None  # aware, UTC
    text: str  # what people read: text/plain, or the HTML as its text
    text_from_html: bool
    html: str  # source of the first HTML body, hostile
    attachments: tuple[Attachment, ...]
    auto_submitted: str  # RFC 3834 keyword, "no" when a person wrote it
    from_list: bool
    return_path: str | None  # "" is the null sender, None is no such header
    mdn_to: tuple[Address, ...]
    ends_exchange: bool  # X-MSS-MES: FIN, or a subject that begins with [FIN] (mssante.md 3.2)
    cda_codes: tuple[str, ...]
    ins_announced: bool | None
    nil: str
    report: Report | None
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The HTML of a mail as it may be shown: `html` is what stands in a body, without anything to fetch or to run.

    `parts` are the pictures of this mail in it, each as `<img src="cid:1.2"`. `remote` counts the pictures that
    would have to be fetched elsewhere: they are not there.
    """

    html: str
    parts: tuple[str, ...]
    remote: int
