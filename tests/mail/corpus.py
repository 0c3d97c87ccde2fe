"""Odd mails of our own making, by name: what French mail programs, broken gateways and attackers send."""

from __future__ import annotations

import base64
import random
from email.message import EmailMessage
from functools import cache

from portal.mail.parse import ParsedMail, parse

FROM = b"From: =?utf-8?q?L=C3=A9a_Durand?= <279035121518989@patient.mssante.fr>\r\n"
TO = b"To: Pharmacie du Soleil <pharmacie@soleil.mssante.fr>\r\n"
DATE = b"Date: Mon, 12 Jan 2026 09:12:00 +0100\r\n"
ID = b"Message-ID: <pat-1@patient.mssante.fr>\r\n"
HEAD = FROM + TO + DATE + ID
ACCENTS = "Ordonnance à préparer : Doliprane 1 g, 3 fois par jour, l’été, 12 €, cœur"
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 4


def mail(body: bytes = b"Bonjour.\r\n", *headers: bytes, head: bytes = HEAD) -> bytes:
    """A mail with these header lines (without their line ends) and this body."""
    return head + b"".join(line + b"\r\n" for line in headers) + b"\r\n" + body


def text(body: str, charset: str, declared: str | None = None) -> bytes:
    return mail(
        body.encode(charset, "replace"),
        b"Content-Type: text/plain; charset=" + (declared or charset).encode(),
        b"Content-Transfer-Encoding: 8bit",
    )


def part(body: bytes, *headers: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in headers) + b"\r\n" + body


def multipart(
    *parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"limite", head: bytes = HEAD
) -> bytes:
    return mail(joined(*parts, boundary=boundary), multi(kind, boundary), head=head)


def multi(kind: bytes, boundary: bytes) -> bytes:
    return b'Content-Type: multipart/%s; boundary="%s"' % (kind, boundary)


def joined(*parts: bytes, boundary: bytes = b"limite") -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, piece) for piece in parts) + b"--%s--\r\n" % boundary


def plain(body: bytes = b"Bonjour.") -> bytes:
    return part(body, b"Content-Type: text/plain; charset=utf-8")


def html(body: bytes = b"<p>Bonjour.</p>") -> bytes:
    return part(body, b"Content-Type: text/html; charset=utf-8")


def file(content: bytes = PDF, *headers: bytes) -> bytes:
    lines = headers or (
        b"Content-Type: application/pdf",
        b'Content-Disposition: attachment; filename="ordonnance.pdf"',
    )
    return part(
        base64.encodebytes(content).replace(b"\n", b"\r\n"), *lines, b"Content-Transfer-Encoding: base64"
    )


def nested(depth: int) -> bytes:
    body = plain(b"Au fond.")
    for level in range(depth):
        name = b"b%d" % level
        body = part(joined(body, boundary=name), multi(b"mixed", name))
    return HEAD + body


def from_library() -> bytes:
    """What Python's own library writes: another program's idea of the same standard."""
    message = EmailMessage()
    message["From"] = "Dr Éric Thomas <eric.thomas@medecin.mssante.fr>"
    message["To"] = "pharmacie@soleil.mssante.fr"
    message["Subject"] = "Compte rendu, " + ACCENTS
    message.set_content(ACCENTS + "\n")
    message.add_alternative(f"<p>{ACCENTS}</p>", subtype="html")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="résumé de l’été.pdf")
    return message.as_bytes()


DSN = multipart(
    plain("Votre message n’a pas pu être remis.".encode()),
    part(
        b"Reporting-MTA: dns; patient.mssante.fr\r\nOriginal-Envelope-Id: env-7\r\n\r\n"
        b"Original-Recipient: rfc822;Jean@patient.mssante.fr\r\n"
        b"Final-Recipient: rfc822; jean@patient.mssante.fr\r\n"
        b"Action: failed (bad)\r\nStatus: 5.2.1 (closed)\r\n"
        b"Diagnostic-Code: smtp; 550 5.2.1 mailbox closed\r\n\r\n"
        b"Final-Recipient: rfc822; lea@patient.mssante.fr\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
        b"Content-Type: message/delivery-status",
    ),
    part(
        b"From: a@soleil.mssante.fr\r\nMessage-ID: <org-1@soleil.mssante.fr>\r\n",
        b"Content-Type: text/rfc822-headers",
    ),
    kind=b"report; report-type=delivery-status",
    head=b"Return-Path: <>\r\nFrom: MAILER-DAEMON@patient.mssante.fr\r\n"
    b"Subject: Message non distribu\xc3\xa9\r\n" + TO + DATE,
)

BOUNCE_IN_WORDS = mail(
    "Le message suivant n'a pas pu être remis à <jean@patient.mssante.fr> : 550 5.1.1 inconnu\r\n\r\n"
    "Message-ID: <org-2@soleil.mssante.fr>\r\n".encode(),
    b"Return-Path: <>",
    b"Subject: =?utf-8?q?Message_non_distribu=C3=A9?=",
    head=b"From: Postmaster <postmaster@patient.mssante.fr>\r\n" + TO + DATE,
)

MDN_902 = multipart(
    plain("L’intégration a échoué.".encode()),
    part(
        b"Final-Recipient: rfc822;pharmacie@soleil.mssante.fr\r\n"
        b"Original-Message-ID: <pro-1@medecin.mssante.fr>\r\n"
        b"Disposition: automatic-action/MDN-sent-automatically;"
        b" processed/Error: 902^Identifiant de patient inconnu\r\n",
        b"Content-Type: message/disposition-notification",
    ),
    kind=b"report; report-type=disposition-notification",
)

TNEF = b"\x78\x9f\x3e\x22\x01\x00" + bytes(200)


def _charsets() -> dict[str, bytes]:
    western = ACCENTS.replace("’", "'").replace("œ", "oe").replace("€", "E")
    return {
        "utf-8": text(ACCENTS, "utf-8"),
        "latin-1": text(western, "iso-8859-1"),
        "latin-9": text(ACCENTS.replace("’", "'"), "iso-8859-15"),
        "windows-1252": text(ACCENTS, "cp1252", "windows-1252"),
        "utf-7": text(ACCENTS, "utf-7"),
        "utf-16": text(ACCENTS, "utf-16"),
        "windows-1252 called latin-1": text(ACCENTS, "cp1252", "iso-8859-1"),
        "utf-8 called latin-1": text(ACCENTS, "utf-8", "iso-8859-1"),
        "utf-8 called ascii": text(ACCENTS, "utf-8", "us-ascii"),
        "latin-1 called utf-8": text(western, "iso-8859-1", "utf-8"),
        "unknown charset": text(ACCENTS, "utf-8", "x-pharmacie"),
        "a codec that is no charset": text(ACCENTS, "utf-8", "zlib_codec"),
        "a charset of a million letters": text(ACCENTS, "utf-8", "x" * 1_000_000),
        "no charset": mail(ACCENTS.encode("cp1252"), b"Content-Type: text/plain"),
        "eight bits in headers": mail(b"Bonjour.", "Subject: Ordonnance à préparer".encode("cp1252")),
        "lone surrogates": text("+2AA- et +3AA-", "ascii", "utf-7"),
    }


def _headers() -> dict[str, bytes]:
    return {
        "no from": mail(head=TO + DATE + ID),
        "empty from": mail(head=b"From: \r\n" + TO),
        "two from": mail(b"x", b"From: Autre <autre@medecin.mssante.fr>"),
        "only a body": b"Bonjour, je passe ce soir.\r\n",
        "no body": HEAD + b"\r\n",
        "no blank line": HEAD,
        "body right after a bad line": HEAD + b"ceci n'est pas un en-tete\r\nBonjour.\r\n",
        "huge header": mail(b"x", b"Subject: " + b"mot " * 300_000),
        "thousands of recipients": mail(
            b"x", b"Cc: " + b", ".join(b"p%d@x.mssante.fr" % n for n in range(5000))
        ),
        "encoded line break": mail(b"x", b"Subject: =?utf-8?q?a=0D=0ABcc:_x=40y.fr?="),
        "words never closed": mail(b"x", b"Subject: " + b"=?utf-8?q?" * 5000),
        "words cut in a letter": mail(b"x", b"Subject: =?utf-8?b?w6k=?= =?utf-8?b?w6?= =?utf-8?b?qQ==?="),
        "nul in headers": mail(b"x", b"Subject: a\x00b", b"X-MSS-MES: FIN"),
        "quotes never closed": mail(b"x", b'To: "Nadia <nadia@soleil.mssante.fr>, x@y.fr'),
        "nested comments": mail(b"x", b"To: " + b"(" * 20_000),
        "absurd date": mail(b"x", head=FROM + b"Date: Mon, 99 Foo 99999999999999999999 99:99:99 +9999\r\n"),
        "absurd section number": mail(
            b"x", b"Content-Disposition: attachment; filename*" + b"9" * 6000 + b"*=utf-8''a.pdf"
        ),
        "a million fields": b"a:\n" * 1_000_000 + b"\nx",
        "colons without end": mail(b"x", b"To: " + b"a(b)" * 8000 + b"<x@y.fr>" + b":" * 30_000),
        "semicolons without end": mail(b"x", b"Content-Type: text/plain" + b";a*0*=b" * 8000 + b"; " * 8000),
        "words that nearly close": mail(b"x", b"Subject: " + b"=?utf-8?q?a=" * 5000 + b"?="),
        "mac line ends": mail(b"Bonjour.").replace(b"\r\n", b"\r"),
        "unix line ends": mail(b"Bonjour.\r\n.\r\nFin.").replace(b"\r\n", b"\n"),
        "mbox line first": b"From lea Mon Jan 12 09:12:00 2026\n" + mail(),
        "mark first": b"\xef\xbb\xbf" + mail(),
    }


def _shapes() -> dict[str, bytes]:
    inner = mail(b"Original.", b"Subject: =?utf-8?q?Bilan_sanguin_=C3=A9t=C3=A9?=")
    return {
        "alternative": multipart(plain(), html(), kind=b"alternative"),
        "alternative with a blank text": multipart(plain(b" \r\n"), html(), kind=b"alternative"),
        "html only": mail(b"<p>Bonjour</p>", b"Content-Type: text/html"),
        "related in alternative": multipart(
            plain(),
            part(
                joined(
                    html(), file(b"\x89PNG", b"Content-Type: image/png", b"Content-ID: <logo>"), boundary=b"r"
                ),
                multi(b"related", b"r"),
            ),
            kind=b"alternative",
        ),
        "texts around a file": multipart(plain(b"Avant."), file(), plain(b"Apres.")),
        "message in a message": multipart(plain(), part(inner, b"Content-Type: message/rfc822")),
        "calendar": multipart(
            plain(), html(), part(b"BEGIN:VCALENDAR", b"Content-Type: text/calendar"), kind=b"alternative"
        ),
        "unnamed files": multipart(
            plain(), file(PDF, b"Content-Type: application/pdf"), file(b"?", b"Content-Type: chose/truc")
        ),
        "winmail": multipart(plain(), file(TNEF, b'Content-Type: application/ms-tnef; name="winmail.dat"')),
    }


def _broken_shapes() -> dict[str, bytes]:
    return {
        "wrong boundary": mail(joined(plain(), file(), boundary=b"vraie"), multi(b"mixed", b"annoncee")),
        "no boundary": mail(joined(plain(), file(), boundary=b"vraie"), b"Content-Type: multipart/mixed"),
        "no end": multipart(plain(), file()).replace(b"--limite--", b""),
        "multipart of nothing": mail(b"Rien.", multi(b"mixed", b"absent")),
        "boundary of regular expression": multipart(plain(), boundary=b"(.*)+[a-z](?P<x>"),
        "nested 25": nested(25),
        "nested 25 of 20 megabytes": nested(25).replace(b"Au fond.", b"Au fond. " * 2_200_000),
        "boundary with spaces": multipart(plain(), boundary=b"a  b c"),
        "boundary in every line": mail(b"x--b" * 1_000_000 + b"\n--b-" * 100_000, multi(b"mixed", b"b")),
        "twenty html parts": multipart(*[html(b"<p>a</p>" * 20_000)] * 20),
        "two plain versions": multipart(plain(b"A"), plain(b"B"), kind=b"alternative"),
        "nested 400": nested(400),
        "ten thousand parts": multipart(*[plain()] * 10_000),
        "ten thousand empty parts": mail(b"--limite\r\n" * 10_000, multi(b"mixed", b"limite")),
        "broken base64": multipart(
            plain(),
            part(
                b"QUJD=\r\nREVG!!\r\nR",
                b"Content-Type: application/pdf",
                b"Content-Transfer-Encoding: base64",
            ),
        ),
        "broken quoted-printable": mail(
            b"caf=E9 =ZZ = \r\n=",
            b"Content-Type: text/plain; charset=latin1",
            b"Content-Transfer-Encoding: quoted-printable",
        ),
        "unknown encoding": multipart(
            plain(),
            part(b"begin 644 a", b"Content-Type: application/pdf", b"Content-Transfer-Encoding: x-uuencode"),
        ),
        "html that nests for ever": mail(b"<div>" * 200_000, b"Content-Type: text/html"),
        "html that never ends": mail(b"<!--" * 200_000 + b'<a href="' * 50_000, b"Content-Type: text/html"),
        "flowed": mail(
            b"Une ligne \r\nqui continue.\r\n> cite \r\n> encore\r\n",
            b"Content-Type: text/plain; format=flowed",
        ),
    }


def _reports() -> dict[str, bytes]:
    return {
        "dsn": DSN,
        "bounce in words": BOUNCE_IN_WORDS,
        "mdn 902": MDN_902,
        "delivery status of a stranger": multipart(
            plain(),
            part(
                b"Final-Recipient: rfc822; a@b.fr\r\nAction: failed\r\n",
                b"Content-Type: message/delivery-status",
            ),
        ),
        "patient who writes of a bounce": mail(
            b"Votre mail ne passe pas.", "Subject: Message non distribué".encode()
        ),
        "report of nothing": mail(b"x", b"Content-Type: multipart/report; report-type=delivery-status"),
    }


def _rubbish() -> dict[str, bytes]:
    noise = random.Random(7).randbytes(20_000)
    return {
        "nothing": b"",
        "blank lines": b"\r\n\r\n  \r\n",
        "noise": noise,
        "header then noise": mail(
            noise, b"Content-Type: multipart/mixed; boundary=" + noise[:60].replace(b"\n", b"")
        ),
        "nul": bytes(5000),
        "a picture": b"\x89PNG\r\n\x1a\n" + noise,
    }


MAILS: dict[str, bytes] = {
    **_charsets(),
    **_headers(),
    **_shapes(),
    **_broken_shapes(),
    **_reports(),
    **_rubbish(),
    "of the library": from_library(),
}
NOTHING_TO_SHOW = {
    "nothing": "empty",
    "blank lines": "empty",
    "noise": "no-header",
    "nul": "no-header",
    "a picture": "no-header",
    "nested 400": "too-deep",
    "ten thousand parts": "too-many-parts",
    "ten thousand empty parts": "too-many-parts",
}


@cache
def as_read(name: str) -> ParsedMail:
    """The mail of this name as our parser reads it, once for all tests that look at it."""
    return parse(MAILS[name])
