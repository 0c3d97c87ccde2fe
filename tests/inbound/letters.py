"""Mails that reach the pharmacy in these tests."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count

LEA = "279035121518989@patient.mssante.fr"
TOM = "180062A004123" + "57" + "@patient.mssante.fr"
MARTIN = "dr.martin@medecin-test.mssante.fr"
SOLEIL = "pharmacie-du-soleil@officine-test.mssante.fr"

_numbers = count(1)


def letter(
    sender: str = f"Léa Durand <{LEA}>",
    subject: str = "Mon ordonnance",
    text: str = "Bonjour, voici mon ordonnance.",
    *,
    message_id: str = "",
    answers: str = "",
    files: dict[str, tuple[str, bytes]] | None = None,
    **headers: str,
) -> bytes:
    """One mail to Soleil; `answers` is a Message-ID, `files` maps names to (type, bytes)."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = f"Pharmacie du Soleil <{SOLEIL}>"
    mail["Subject"] = subject
    mail["Date"] = "Mon, 16 Nov 2026 09:12:00 +0100"
    mail["Message-ID"] = message_id or f"<{next(_numbers)}@patient.mssante.fr>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, (kind, content) in (files or {}).items():
        mail.add_attachment(content, *kind.split("/"), filename=name)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def report_of(what: bytes = b"failed") -> bytes:
    """A DSN about a message that nobody here sent."""
    return (
        b"From: MAILER-DAEMON@mx.mssante.fr\r\nReturn-Path: <>\r\nTo: " + SOLEIL.encode() + b"\r\n"
        b"Subject: Message non remis\r\nMessage-ID: <dsn@mx>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nVotre message n'a pas pu etre remis.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.mssante.fr\r\n\r\n"
        b"Final-Recipient: rfc822; inconnu@medecin-test.mssante.fr\r\nAction: "
        + what
        + b"\r\nStatus: 5.1.1\r\n\r\n"
        b"--b--\r\n"
    )
