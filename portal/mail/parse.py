"""Read one mail: bytes in, a ParsedMail out. Runs in the child process (`reading.read` calls it there)."""

from __future__ import annotations

import hashlib
import re

from portal.mail import headers, subjects
from portal.mail.addresses import Address
from portal.mail.bodies import Bodies, collect
from portal.mail.decoding import decoded
from portal.mail.display import words_of
from portal.mail.htmltext import html_to_text
from portal.mail.names import display_name
from portal.mail.parsed import (
    Attachment,
    DeliveryReport,
    NoSuchPart,
    ParsedMail,
    ReadReport,
    RecipientReport,
    Report,
    Unreadable,
)
from portal.mail.reports import MACHINE_TYPES, find_report
from portal.mail.structure import Fields, Part, read_structure

LONGEST_SUBJECT = 1000
# Plain text and HTML of the same mail are the same when they share all but so much of their words.
COMPARED = 100_000
DIFFERENT = 0.25
FEWEST_WORDS = 4

# What a text says that is no word of its writer: pictures as htmltext names them, addresses of the web.
_ADDED = re.compile(r"\[image : [^\]\n]*\]|<?(?:https?|mailto|tel):[^>\s]*>?")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f"))

__all__ = [
    "Attachment",
    "DeliveryReport",
    "NoSuchPart",
    "ParsedMail",
    "ReadReport",
    "RecipientReport",
    "Unreadable",
    "extract",
    "parse",
]


def parse(raw: bytes) -> ParsedMail:
    """Understand a mail as far as it can be understood; what is odd is named in `defects`.

    Raises Unreadable, and nothing else, when there is nothing at all to show.
    """
    structure = read_structure(raw)
    root = structure.root
    if not root.fields.items and _is_binary(root.body):
        raise Unreadable("no-header")
    bodies = collect(root)
    sender = _sender(root.fields)
    report = find_report(root, sender, _subject(root.fields), bodies.text)
    files, file_defects = _attachments(bodies.files, report)
    defects = [*structure.defects, *headers.defects(root.fields), *bodies.defects, *file_defects]
    defects += _missing(root.fields, bodies) + _differing(bodies)
    return _mail(root.fields, bodies, files, report, tuple(dict.fromkeys(defects)))


def extract(raw: bytes, part: str) -> bytes:
    """The decoded bytes of the attachment at `part`, the same that its digest was made of.

    Raises NoSuchPart, and Unreadable as `parse` does.
    """
    for leaf in read_structure(raw).root.leaves():
        if leaf.path == part:
            return decoded(leaf)[0]
    raise NoSuchPart(part)


def content_id_of(part: Part) -> str:
    """By which the HTML of the same mail names it (RFC 2392), or nothing."""
    return headers.text(part.fields, "content-id").strip("<> ")[:200]


def _mail(
    fields: Fields,
    bodies: Bodies,
    files: tuple[Attachment, ...],
    report: Report | None,
    defects: tuple[str, ...],
) -> ParsedMail:
    subject = _subject(fields)
    return ParsedMail(
        message_id=next(iter(headers.identifiers(fields, "message-id")), ""),
        in_reply_to=headers.identifiers(fields, "in-reply-to"),
        references=headers.identifiers(fields, "references"),
        sender=_sender(fields),
        reply_to=headers.addresses(fields, "reply-to"),
        to=headers.addresses(fields, "to"),
        cc=headers.addresses(fields, "cc"),
        subject=subject,
        date=headers.date(fields),
        text=bodies.text,
        text_from_html=bodies.from_html,
        html=bodies.html,
        attachments=files,
        auto_submitted=headers.auto_submitted(fields),
        from_list=headers.from_list(fields),
        return_path=headers.return_path(fields),
        mdn_to=headers.addresses(fields, "disposition-notification-to"),
        ends_exchange=headers.text(fields, "x-mss-mes").upper() == "FIN" or subjects.ends_exchange(subject),
        cda_codes=headers.cda_codes(fields),
        ins_announced=headers.ins_announced(fields),
        nil=headers.text(fields, "x-mss-nil")[:100],
        report=report,
        defects=defects,
    )


def _subject(fields: Fields) -> str:
    return headers.text(fields, "subject")[:LONGEST_SUBJECT]


def _sender(fields: Fields) -> Address | None:
    found = headers.addresses(fields, "from") or headers.addresses(fields, "sender")
    return found[0] if found else None


def _attachments(parts: list[Part], report: Report | None) -> tuple[tuple[Attachment, ...], list[str]]:
    files: list[Attachment] = []
    defects: list[str] = []
    for part in parts:
        if report and part.content_type in MACHINE_TYPES:
            continue
        content, defect = decoded(part)
        files.append(_attachment(part, content, len(files) + 1))
        defects += [defect] if defect else []
    return tuple(files), defects


def _attachment(part: Part, content: bytes, number: int) -> Attachment:
    content_id = content_id_of(part)
    kind = part.disposition.value
    return Attachment(
        part=part.path,
        name=display_name(part, number),
        declared_type=part.content_type,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        inline=kind == "inline" or (bool(content_id) and kind != "attachment"),
        content_id=content_id,
    )


def _missing(fields: Fields, bodies: Bodies) -> list[str]:
    names = {name for name, _ in fields.items}
    missing = [f"no-{name}" for name in ("from", "date", "message-id") if name not in names]
    if headers.date(fields) is None and "date" in names:
        missing.append("bad-date")
    if not bodies.text.strip() and not bodies.files:
        missing.append("no-body")
    return missing


def _differing(bodies: Bodies) -> list[str]:
    """Whether the HTML says something else than the text beside it, which is what people read first."""
    if not bodies.html or bodies.from_html:
        return []
    written = html_to_text(bodies.html[:COMPARED], COMPARED)
    one, other = (words_of(_ADDED.sub("", text)) for text in (written, bodies.text[:COMPARED]))
    if len(bodies.html) > COMPARED or len(one | other) < FEWEST_WORDS:
        return []
    apart = max(len(one - other), len(other - one))
    return ["two-texts"] if apart > DIFFERENT * len(one | other) else []


def _is_binary(body: bytes) -> bool:
    start = body[:4096]
    controls = len(start) - len(start.translate(None, _CONTROLS))
    return b"\x00" in start or controls > len(start) // 20
