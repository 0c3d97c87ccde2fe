"""What a file of a mail is called on the screen. A stored name is display only."""

from __future__ import annotations

import re

from portal.lib.text import visible
from portal.mail.charsets import decode_header
from portal.mail.structure import Part, read_fields

LONGEST_NAME = 120

_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/xml": ".xml",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/rtf": ".rtf",
    "application/ms-tnef": ".dat",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/tiff": ".tiff",
    "image/svg+xml": ".svg",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/xml": ".xml",
    "text/csv": ".csv",
    "text/rtf": ".rtf",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "message/rfc822": ".eml",
    "message/global": ".eml",
}


def declared_name(part: Part) -> str:
    """The name the sender gave: Content-Disposition first, else the name of Content-Type."""
    return part.disposition.get("filename") or part.kind.get("name")


def display_name(part: Part, number: int) -> str:
    """A name to show for the `number`th file of a mail: cleaned (security.md 3.6), invented if absent."""
    name = clean_name(declared_name(part))
    if name:
        return name
    extension = _EXTENSIONS.get(part.content_type, "")
    if extension == ".eml":
        subject = clean_name(decode_header(read_fields(part.body.lstrip(b"\r\n"))[0].get("subject") or b""))
        return shorten(f"{subject or 'message joint'}.eml")
    return f"pièce jointe {number}{extension}"


def clean_name(name: str) -> str:
    """One visible line of at most 120 characters, without the folders before it."""
    return shorten(_FOLDERS.sub("", visible(name)).strip(" ."))


def shorten(name: str) -> str:
    """Cut a long name before its extension."""
    if len(name) <= LONGEST_NAME:
        return name
    extension = _EXTENSION.search(name)
    tail = extension[0] if extension else ""
    return name[: LONGEST_NAME - len(tail)].rstrip() + tail
