"""Answer, inside the confined child, what `rendering` asks about one document."""

from __future__ import annotations

from PIL import Image

from portal.documents import image, pdf
from portal.documents.frames import framed, unframed
from portal.documents.sniff import Kind
from portal.lib.confined import Refused


def preload() -> None:
    """Draw a picture once, so that whatever is loaded late is loaded while files can still be opened."""
    image.preload()
    page = image.encode_png(Image.new("RGB", (2, 2)))
    image.encode_png(image.draw(memoryview(page), 1))


def answer(frame: bytes) -> bytes:
    """Do what the frame's head says: count the pages, or draw one as PNG."""
    head, data = unframed(frame)
    kind = Kind(head["kind"])
    if head["do"] == "count":
        return framed({"pages": pdf.page_count(data) if kind == Kind.PDF else _one_picture(data)})
    return framed({}, image.encode_png(_drawn(kind, data, head["page"], head["width"])))


def _one_picture(data: memoryview) -> int:
    image.check(data)
    return 1


def _drawn(kind: Kind, data: memoryview, page: int, width: int) -> Image.Image:
    if kind == Kind.PDF:
        return pdf.draw(data, page, width)
    if page != 0:
        raise Refused("no-page")
    return image.draw(data, width)
