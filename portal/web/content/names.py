"""What a file is called when it is kept, and the one header that says so."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from urllib.parse import quote

from portal.documents.sniff import Kind
from portal.mail.names import clean_name

# The first of each is what is written after a name that says something else.
EXTENSIONS: dict[Kind, tuple[str, ...]] = {
    Kind.PDF: ("pdf",),
    Kind.PNG: ("png",),
    Kind.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    Kind.HEIC: ("heic", "heif"),
    Kind.TEXT: ("txt", "text", "csv", "md", "log"),
    Kind.ZIP: ("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "jar", "epub"),
    Kind.XDM: ("zip", "xdm"),
    Kind.CDA: ("xml",),
}


def shown_name(name: str, kind: Kind) -> str:
    """The name on the screen and on the disk: without tricks, and ending as its content does."""
    clean = clean_name(name) or "pièce jointe"
    known = EXTENSIONS.get(kind)
    if known is None or PurePath(clean).suffix[1:].lower() in known:
        return clean
    return f"{clean}.{known[0]}"


def disposition(name: str) -> str:
    """A Content-Disposition to keep a file: plain ASCII, then the true name (RFC 6266)."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter)
    )
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%;' else "_" for letter in bare)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
