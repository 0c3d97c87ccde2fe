"""Count and draw the pages of a PDF. Runs in the confined child only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from portal.lib.confined import Refused

FINEST = 200 / 72  # pixels per point: a small slip of paper is not blown up beyond 200 dpi
MOST_PIXELS = 40_000_000


def page_count(data: memoryview) -> int:
    with _opened(data) as document:
        return len(document)


def texts(data: memoryview, most: int) -> tuple[int, list[str]]:
    """How many pages there are, and the text of each of the first `most`; a page that is damaged has none."""
    with _opened(data) as document:
        return len(document), [_text(document, number) for number in range(min(len(document), most))]


def _text(document: Any, number: int) -> str:
    try:
        text: str = document[number].get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""
    return text


def draw(data: memoryview, page: int, width: int) -> Image.Image:
    """Page `page` (from 0), at most `width` pixels wide, with its annotations and the fields filled in."""
    with _opened(data) as document:
        if not 0 <= page < len(document):
            raise Refused("no-page")
        document.init_forms()
        try:
            sheet = document[page]
            across, down = sheet.get_size()
            scale = _scale(across, down, width)
            image: Image.Image = sheet.render(scale=scale, rev_byteorder=True).to_pil()
        except pypdfium2.PdfiumError as error:
            raise Refused("damaged") from error
        return image


def _scale(across: float, down: float, width: int) -> float:
    """Pixels per point (1/72 inch)."""
    if across <= 0 or down <= 0:
        raise Refused("damaged")
    scale = min(width / across, FINEST)
    if across * down * scale * scale > MOST_PIXELS:
        raise Refused("too-large")
    return scale


@contextmanager
def _opened(data: memoryview) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(bytes(data))
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
        raise Refused("encrypted" if locked else "damaged") from error
    try:
        yield document
    finally:
        document.close()
