"""Say what there is to see in a file when it comes in. Runs in the confined child only."""

from __future__ import annotations

from dataclasses import replace

from portal.documents import cda, image, pdf, xdm
from portal.documents.readings import Document, Reading
from portal.documents.sniff import Kind, kind_of
from portal.documents.xdm import Held
from portal.lib.confined import Refused

STRUCTURED = (Kind.XDM, Kind.CDA)
PROBE = 100  # pixels: enough to know that a picture is whole


def reading(kind: Kind, data: memoryview) -> Reading:
    """Raises Refused: with the reason why there is nothing to show."""
    if kind not in STRUCTURED:
        return Reading(pages=_pages(kind, data))
    found, warnings = _opened(kind, data)
    documents = tuple(_counted(each) for each in found)
    if not any(document.pages or document.blocks or document.patient for document in documents):
        raise Refused(next((each.warnings[-1] for each in documents if each.warnings), "no-document"))
    return Reading(sum(document.pages for document in documents), "", documents, warnings)


def opened(kind: Kind, data: memoryview) -> Reading:
    """What was read of a file that draws too: a picture was drawn to be read, a PDF only counted. Raises Refused."""
    found = reading(kind, data)
    if kind == Kind.PDF and found.pages:
        pdf.draw(data, 0, PROBE)
    return found


def drawable(kind: Kind, data: memoryview, page: int) -> tuple[Kind, memoryview, int]:
    """The picture or PDF in which page `page` of the whole stands, and which page of it. Raises Refused: no-page."""
    if kind not in STRUCTURED:
        return kind, data, page
    for each in held(kind, data):
        pages = _counted(each).pages
        if 0 <= page < pages:
            return kind_of(each.copy), memoryview(each.copy), page
        page -= pages
    raise Refused("no-page")


def held(kind: Kind, data: memoryview) -> tuple[Held, ...]:
    """The documents of health in a file. Raises Refused."""
    return _opened(kind, data)[0]


def _opened(kind: Kind, data: memoryview) -> tuple[tuple[Held, ...], tuple[str, ...]]:
    if kind == Kind.XDM:
        return xdm.held(data)
    opened = cda.opened(bytes(data))
    return (Held(opened.document, opened.copy),), ()


def _counted(each: Held) -> Document:
    """The document with the pages of its copy; with its words when the copy cannot be shown, and why."""
    if not each.copy:
        return each.document
    try:
        pages = _pages(kind_of(each.copy), memoryview(each.copy))
    except Refused as refusal:
        return replace(each.document, warnings=(*each.document.warnings, f"copy-{refusal.code}"))
    return replace(each.document, pages=pages, blocks=())


def _pages(kind: Kind, data: memoryview) -> int:
    if kind == Kind.PDF:
        return pdf.page_count(data)
    if kind not in (Kind.JPEG, Kind.PNG, Kind.HEIC):
        raise Refused("unsupported")
    image.draw(data, PROBE)
    return 1
