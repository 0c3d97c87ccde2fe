"""Answer, inside the confined child, what `rendering` asks about one document."""

from __future__ import annotations

from PIL import Image

from portal.documents import archive, examining, image, pdf, wording, xmltree
from portal.documents.frames import framed, unframed
from portal.documents.sniff import Kind
from portal.lib.confined import Refused
from portal.mail.jsonform import to_json


def preload() -> None:
    """Draw a picture once, so that whatever is loaded late is loaded while files can still be opened."""
    image.preload()
    xmltree.preload()
    archive.preload()
    wording.preload()
    page = image.encode(Image.new("RGB", (2, 2)))
    image.encode(image.draw(memoryview(page), 1))


def answer(frame: bytes) -> bytes:
    """Do what the frame's head says: read it, read and draw its first page, give its words, or draw one page."""
    head, data = unframed(frame)
    kind = Kind(head["kind"])
    if head["do"] == "read":
        return framed({}, to_json(examining.reading(kind, data)))
    if head["do"] == "open":
        return framed({}, to_json(examining.opened(kind, data)))
    if head["do"] == "words":
        found = wording.wording(kind, data)
        about = {"pages": found.pages, "cut": int(found.cut), "scans": found.scans}
        return framed(about, "\n".join(found.text).encode())
    kind, data, page = examining.drawable(kind, data, head["page"])
    return framed({}, image.encode(_drawn(kind, data, page, head["width"])))


def _drawn(kind: Kind, data: memoryview, page: int, width: int) -> Image.Image:
    if kind == Kind.PDF:
        return pdf.draw(data, page, width)
    if page != 0:
        raise Refused("no-page")
    return image.draw(data, width)
