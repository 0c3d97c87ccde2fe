"""Write the delivery reports (RFC 3464) that an operator returns to the sender's mailbox."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, make_msgid

HOST = "operateur.localhost"
_SUBJECTS = {
    "failed": "Message non distribué",
    "delivered": "Message distribué",
    "delayed": "Message retardé",
}
_TEXTS = {
    "failed": "Votre message n'a pas pu être remis aux destinataires suivants :",
    "delivered": "Votre message a été déposé dans la boîte des destinataires suivants :",
    "delayed": "Votre message n'a pas encore pu être remis aux destinataires suivants :",
}


@dataclass(frozen=True)
class Fate:
    """What became of one recipient: status (RFC 3463), the server's words, ORCPT as the sender wrote it."""

    address: str
    status: str
    diagnostic: str = ""
    original: str = ""


def delivery_report(
    action: str, *, sender: str, fates: Sequence[Fate], content: bytes, envelope_id: str = ""
) -> bytes:
    """A multipart/report to `sender` about the message `content`; `action` is a key of the texts above."""
    now = format_datetime(datetime.now(UTC))
    border = f"=_{uuid.uuid4().hex}"
    head = [
        "Return-Path: <>",
        f"From: Distribution du courrier <postmaster@{HOST}>",
        f"To: {sender}",
        f"Subject: {Header(_SUBJECTS[action], 'utf-8').encode()}",
        f"Date: {now}",
        f"Message-ID: {make_msgid(domain=HOST)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{border}"',
    ]
    text = "\r\n".join([_TEXTS[action], "", *(fate.address for fate in fates), ""])
    parts = (
        _part(
            "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
            base64.encodebytes(text.encode()),
        ),
        _part("message/delivery-status", "\r\n".join(_status(action, fates, envelope_id, now)).encode()),
        _part("text/rfc822-headers", content.partition(b"\r\n\r\n")[0] + b"\r\n"),
    )
    edge = f"--{border}".encode()
    body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
    return "\r\n".join([*head, "", ""]).encode() + body


def _part(kind: str, content: bytes) -> bytes:
    lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return f"Content-Type: {kind}\r\n\r\n".encode() + lines


def _status(action: str, fates: Sequence[Fate], envelope_id: str, now: str) -> list[str]:
    """The per-message fields, then a block for each recipient (RFC 3464 2.2, 2.3)."""
    lines = [f"Original-Envelope-Id: {envelope_id}"] if envelope_id else []
    lines += [f"Reporting-MTA: dns; {HOST}", f"Arrival-Date: {now}", ""]
    for fate in fates:
        if fate.original:
            lines.append(f"Original-Recipient: {fate.original}")
        lines += [f"Final-Recipient: rfc822; {fate.address}", f"Action: {action}", f"Status: {fate.status}"]
        if fate.diagnostic:
            lines.append(f"Diagnostic-Code: smtp; {fate.diagnostic}")
        lines.append("")
    return lines
