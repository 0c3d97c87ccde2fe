"""Read XML of strangers: no document type, so no entity; no network, no file. Runs in the confined child only."""

from __future__ import annotations

import re

from lxml import etree

from portal.lib.confined import Refused

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
SPACE = " \t\r\n"


def preload() -> None:
    """Load the codecs and the parser while files can still be opened."""
    for encoding in (*ENCODINGS, "utf-16-le", "utf-16-be"):
        "".encode(encoding)
    tree(b"<a/>")


def tree(data: bytes) -> etree._Element:
    """The root element; comments and processing instructions are gone.

    The text of one element may be long, for documents carry their PDF, so libxml2 is told that this one is
    huge (else it stops at 10 MB). What it would then no longer limit needs a DTD: there is none, which is looked
    at before and after. Raises Refused: xml-doctype, xml-damaged.
    """
    text = _decoded(data)
    root = text[_root_at(text) :].encode()
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        found = etree.fromstring(root, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("xml-damaged") from error
    if found.getroottree().docinfo.internalDTD is not None:
        raise Refused("xml-doctype")
    return found


def words(element: etree._Element) -> str:
    """All that is written in it and below."""
    return "".join(str(piece) for piece in element.itertext())


def _decoded(data: bytes) -> str:
    encoding = _encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Refused("xml-damaged") from error


def _encoding(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    declared = DECLARED.match(data)
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if name not in ENCODINGS:
        raise Refused("xml-damaged")
    return name


def _root_at(text: str) -> int:
    """Where the first element begins. Only here may a document type stand (XML 1.0, 2.8): it is refused.

    So is what is neither: libxml2 would read past a second byte order mark, and then a document type.
    """
    at = 0
    while True:
        while text[at : at + 1] and text[at] in SPACE:
            at += 1
        if text.startswith("<?", at):
            end, length = text.find("?>", at), 2
        elif text.startswith("<!--", at):
            end, length = text.find("-->", at + 4), 3
        elif text.startswith("<!", at):
            raise Refused("xml-doctype")
        elif text.startswith("<", at):
            return at
        else:
            raise Refused("xml-damaged")
        if end < 0:
            raise Refused("xml-damaged")
        at = end + length
