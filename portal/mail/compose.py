"""Write one mail: the final RFC 5322 bytes, the same for the same OutgoingMail.

Everything is base64 or checked ASCII between CR LF, and no line begins with a dot, so that no server can see
the end of the message before its end (SMTP smuggling). The library's generator is not used: some of its
versions let a line break through (CVE-2024-6923).
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from email.utils import format_datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from portal.mail.addresses import Address, check_outgoing
from portal.mail.outgoing import (
    OutgoingFile,
    OutgoingMail,
    Unsendable,
    check,
    is_message_id,
    new_message_id,
)

__all__ = [
    "OutgoingFile",
    "OutgoingMail",
    "Unsendable",
    "base64_size",
    "compose",
    "encoded_size",
    "new_message_id",
]

PARIS = "Europe/Paris"
MOST_REFERENCES = 20

_LINE = 76
_WORD_BYTES = 45  # 60 letters of base64: an encoded word stays under 75 (RFC 2047 2)
_SECTION = 180
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ .,;:()@<>\[\]\"\\-]*")
_PLAIN = re.compile(r"[\x20-\x7e]*")


def compose(mail: OutgoingMail) -> bytes:
    """The bytes to freeze and hand to SMTP as they are. Raises Unsendable before anything is written."""
    check(mail)
    body = _text_part(mail.text)
    if not mail.attachments:
        return _joined(_headers(mail) + body)
    boundary = "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]  # "=_" never stands in base64
    lines = _headers(mail)
    lines += [f'Content-Type: multipart/mixed; boundary="{boundary}"'.encode(), b""]
    for part in (body, *(_file_part(file) for file in mail.attachments)):
        lines += [f"--{boundary}".encode(), *part]
    return _joined([*lines, f"--{boundary}--".encode()])


def encoded_size(mail: OutgoingMail) -> int:
    """Length of what `compose` gives, without encoding the files. Raises Unsendable."""
    light = tuple(dataclasses.replace(file, content=b"") for file in mail.attachments)
    bare = len(compose(dataclasses.replace(mail, attachments=light)))
    return bare + sum(base64_size(len(file.content)) for file in mail.attachments)


def base64_size(size: int) -> int:
    """Bytes that `size` bytes take in a mail: 4 for 3, and a line break every 76."""
    letters = (size + 2) // 3 * 4
    return letters + 2 * -(-letters // _LINE)


def _headers(mail: OutgoingMail) -> list[bytes]:
    fields = [
        ("From", _mailbox(mail.sender)),
        *((name, _list(people)) for name, people in (("To", mail.to), ("Cc", mail.cc)) if people),
        ("Subject", _unstructured(mail.subject, len("Subject: "))),
        ("Date", format_datetime(mail.date.astimezone(ZoneInfo(PARIS)))),
        ("Message-ID", f"<{mail.message_id}>"),
        *_thread(mail),
        ("X-MSS-NIL", mail.nil),
        *([("X-MSS-MES", "FIN")] if mail.ends_exchange else []),
        *([("Disposition-Notification-To", _mailbox(mail.mdn_to))] if mail.mdn_to else []),
        *([("Auto-Submitted", mail.auto_submitted)] if mail.auto_submitted != "no" else []),
        ("MIME-Version", "1.0"),
    ]
    return [f"{name}: {value}".encode("ascii") for name, value in fields]


def _thread(mail: OutgoingMail) -> Iterable[tuple[str, str]]:
    """In-Reply-To and References; a stranger's identifier that cannot be written safely is left out."""
    if is_message_id(mail.in_reply_to):
        yield "In-Reply-To", f"<{mail.in_reply_to}>"
    known = [identifier for identifier in mail.references if is_message_id(identifier)]
    if len(known) > MOST_REFERENCES:
        known = known[:1] + known[1 - MOST_REFERENCES :]
    if known:
        yield "References", "\r\n ".join(f"<{identifier}>" for identifier in known)


def _list(people: Iterable[Address]) -> str:
    return ",\r\n ".join(_mailbox(person) for person in people)


def _mailbox(person: Address) -> str:
    address = check_outgoing(person.address)
    if not person.label.strip():
        return address
    return f"{_phrase(person.label.strip())}\r\n <{address}>"


def _phrase(label: str) -> str:
    if _ATOM_PHRASE.fullmatch(label) and "=?" not in label and len(label) <= 200:
        escaped = label.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _encoded_words(label)


def _unstructured(text: str, used: int) -> str:
    """The text as it is when it is short plain ASCII; else encoded, so that `=?` shows as `=?`."""
    short = used + len(text) <= _LINE + 2
    if short and _PLAIN.fullmatch(text) and "=?" not in text and text == text.strip():
        return text
    return _encoded_words(text) if text else ""


def _encoded_words(text: str) -> str:
    words, chunk = [], b""
    for letter in text:
        encoded = letter.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def _text_part(text: str) -> list[bytes]:
    canonical = "\r\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if not canonical.endswith("\r\n"):
        canonical += "\r\n"
    return [
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Transfer-Encoding: base64",
        b"",
        *_base64_lines(canonical.encode()),
    ]


def _file_part(file: OutgoingFile) -> list[bytes]:
    return [
        f"Content-Type: {file.content_type};\r\n name={_quoted(_ascii_name(file.name))}".encode("ascii"),
        b"Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment;{_filename(file.name)}".encode("ascii"),
        b"",
        *_base64_lines(file.content),
    ]


def _filename(name: str) -> str:
    """ASCII for those who read no more, then the true name (RFC 2231), in sections when it is long."""
    plain = f"\r\n filename={_quoted(_ascii_name(name))}"
    if _ascii_name(name) == name:
        return plain
    value = "utf-8''" + quote(name, safe="")
    if len(value) <= _SECTION:
        return f"{plain};\r\n filename*={value}"
    sections = _sections(value)
    return plain + "".join(f";\r\n filename*{number}*={section}" for number, section in enumerate(sections))


def _sections(value: str) -> list[str]:
    sections = []
    while value:
        cut = min(_SECTION, len(value))
        while cut < len(value) and "%" in value[cut - 2 : cut]:
            cut -= 1  # never inside %C3
        sections.append(value[:cut])
        value = value[cut:]
    return sections


def _ascii_name(name: str) -> str:
    bare = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in bare)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _base64_lines(content: bytes) -> list[bytes]:
    return base64.encodebytes(content).split(b"\n")[:-1]


def _joined(lines: list[bytes]) -> bytes:
    return b"\r\n".join(lines) + b"\r\n"
