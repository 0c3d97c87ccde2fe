"""Tell what a file is from its bytes, among the few kinds that we handle; everything else is OTHER."""

from __future__ import annotations

import re
import struct
from enum import StrEnum
from pathlib import PurePath


class Kind(StrEnum):
    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    HEIC = "heic"
    TEXT = "text"
    ZIP = "zip"
    XDM = "xdm"
    CDA = "cda"
    OTHER = "other"


DOWNLOAD = "application/octet-stream"
# What a browser may be told, and the extensions that agree with it; any other kind is only downloaded.
SERVED = {
    Kind.PDF: ("application/pdf", {"pdf"}),
    Kind.PNG: ("image/png", {"png"}),
    Kind.JPEG: ("image/jpeg", {"jpg", "jpeg", "jpe", "jfif"}),
    Kind.TEXT: ("text/plain; charset=utf-8", {"txt"}),
}
# Whoever names a file so says that it can be looked at.
PROMISING = {"pdf", "png", "jpg", "jpeg", "jpe", "jfif", "heic", "heif", "xml", "xdm"}
START = 1024
TAIL = 1 << 16
SIGNATURES = {
    Kind.PDF: b"%PDF-",
    Kind.PNG: b"\x89PNG\r\n\x1a\n",
    Kind.JPEG: b"\xff\xd8\xff",
    Kind.ZIP: b"PK\x03\x04",
}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
END_OF_ZIP = struct.Struct("<4s16xH")  # end of central directory: signature, …, length of the comment
NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
XML_PROLOGUE = rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*\?>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*"
CDA_ROOT = re.compile(XML_PROLOGUE + rb"<(?:[A-Za-z_][\w.-]*:)?ClinicalDocument[\s>]")
TEXT_TYPES = {"", "text/plain", DOWNLOAD}


def kind_of(data: bytes, declared_type: str = "", name: str = "") -> Kind:
    """What the bytes are. The sender's type and name can only make the answer narrower, never wider.

    A file that is two kinds at once is OTHER: nobody can say which of the two a program would open.
    """
    kind = _by_signature(data)
    if kind is None:
        return _by_reading(data, declared_type, name)
    if kind != Kind.ZIP and (_ends_as_zip(data) or _holds_another_start(data, kind)):
        return Kind.OTHER
    return Kind.XDM if kind == Kind.ZIP and _is_xdm(data) else kind


def why_not(data: bytes, kind: Kind, name: str) -> str:
    """Why a file that people expect to see is of no kind that is shown: a code, or nothing to say."""
    if not data:
        return "empty"
    if kind != Kind.OTHER:
        return ""
    if _by_signature(data) is not None:
        return "two-kinds"
    return "misnamed" if _extension(name) in PROMISING else ""


def served_type(kind: Kind, name: str) -> str:
    """The Content-Type to serve: one of four, if the name agrees with the content, else a download."""
    content_type, extensions = SERVED.get(kind, (DOWNLOAD, set()))
    return content_type if _extension(name) in extensions else DOWNLOAD


def _by_signature(data: bytes) -> Kind | None:
    for kind, signature in SIGNATURES.items():
        if data.startswith(signature):
            return kind
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return Kind.HEIC
    return None


def _by_reading(data: bytes, declared_type: str, name: str) -> Kind:
    if CDA_ROOT.match(data[: 8 * START]) and b"urn:hl7-org:v3" in data[: 8 * START]:
        return Kind.CDA
    told = declared_type.partition(";")[0].strip().lower() in TEXT_TYPES and _extension(name) in {"", "txt"}
    return Kind.TEXT if told and _is_text(data) else Kind.OTHER


def _is_text(data: bytes) -> bool:
    if MARKUP.match(data) or NOT_TEXT.search(data) or _ends_as_zip(data) or b"%PDF-" in data[:START]:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _holds_another_start(data: bytes, kind: Kind) -> bool:
    """A PDF reader accepts its signature anywhere in the first 1,024 bytes."""
    return kind != Kind.PDF and SIGNATURES[Kind.PDF] in data[:START]


def _ends_as_zip(data: bytes) -> bool:
    """A ZIP reader starts at the end and does not mind what stands before."""
    tail = data[-(TAIL + END_OF_ZIP.size) :]
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < END_OF_ZIP.size:
        return False
    return at + END_OF_ZIP.size + int(END_OF_ZIP.unpack_from(tail, at)[1]) == len(tail)


def _is_xdm(data: bytes) -> bool:
    """The names of the members stand in the directory at the end: enough to say what it claims to be."""
    directory = data[-TAIL:].upper()
    return b"IHE_XDM/" in directory and b"METADATA.XML" in directory


def _extension(name: str) -> str:
    return PurePath(name.replace("\\", "/")).suffix[1:].lower()
