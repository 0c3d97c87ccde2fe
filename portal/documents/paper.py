"""A conversation as PDF: plain dataclasses in, numbered pages out, in a font of ours.

Words are drawn as they are and never read as markup, so that nothing in them can ask for a file or an address.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).resolve().parent / "fonts" / "dejavu-2.37"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
WIDTH, HEIGHT = A4
MARGIN, FOOT = 48.0, 40.0
MOST_PAGES = 300
CUT = "[…] Document coupé : la suite est dans Officinal."
INK, GREY = 0.0, 0.35


@dataclass(frozen=True, slots=True)
class Passage:
    """One message or one line of what was done: `head` says who and when, `foot` what became of it."""

    head: str
    text: str = ""
    foot: tuple[str, ...] = ()
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on the pages: `house` on top of each, `about` below the title, `made` at the foot of each."""

    house: str
    title: str
    about: tuple[str, ...]
    passages: tuple[Passage, ...]
    made: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is drawn. `rule`: a thin line above it. `head`: it does not end a page."""

    words: str
    font: str = PLAIN
    size: float = 10.0
    grey: float = INK
    indent: float = 0.0
    rule: bool = False
    head: bool = False

    @property
    def height(self) -> float:
        return self.size * 1.45 + (14.0 if self.rule else 0.0)


def written(paper: Paper) -> bytes:
    """The PDF, of at most MOST_PAGES pages; it says so where it had to stop."""
    _load_fonts()
    sheets = list(islice(_sheets(_lines(paper)), MOST_PAGES + 1))
    if len(sheets) > MOST_PAGES:
        sheets = [*sheets[: MOST_PAGES - 1], [Line(CUT, BOLD)]]
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=True)
    canvas.setTitle(paper.title)
    canvas.setAuthor(paper.house)
    for number, sheet in enumerate(sheets, start=1):
        _draw(canvas, sheet)
        _frame(canvas, paper, f"Page {number} sur {len(sheets)}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _lines(paper: Paper) -> Iterator[Line]:
    yield from _wrapped(paper.title, Line("", BOLD, 15.0, head=True))
    for line in paper.about:
        yield from _wrapped(line, Line("", grey=GREY))
    for passage in paper.passages:
        yield from _wrapped(passage.head, Line("", BOLD, rule=True, head=True))
        yield from _wrapped(passage.text, Line(""))
        yield from _wrapped(passage.quoted, Line("", size=9.0, grey=GREY, indent=14.0))
        for line in passage.foot:
            yield from _wrapped(line, Line("", size=9.0, grey=GREY))


def _wrapped(text: str, like: Line) -> Iterator[Line]:
    """`text` in lines that fit, drawn as `like`; only the first has the rule."""
    room, rule = WIDTH - 2 * MARGIN - like.indent, like.rule
    if not text:
        return
    for paragraph in unicodedata.normalize("NFC", text).replace("\t", "    ").split("\n"):
        for words in _broken(paragraph, like, room):
            yield Line(words, like.font, like.size, like.grey, like.indent, rule, like.head)
            rule = False


def _broken(paragraph: str, like: Line, room: float) -> Iterator[str]:
    line, width = "", 0.0
    space = pdfmetrics.stringWidth(" ", like.font, like.size)
    for word in paragraph.split(" "):
        for piece in _pieces(word, like, room):
            length = pdfmetrics.stringWidth(piece, like.font, like.size)
            if line and width + space + length > room:
                yield line
                line, width = piece, length
            else:
                line, width = (f"{line} {piece}", width + space + length) if line else (piece, length)
    yield line


def _pieces(word: str, like: Line, room: float) -> Iterator[str]:
    """A word that is longer than a line, cut."""
    letters = max(1, int(room / like.size))
    if len(word) <= letters or pdfmetrics.stringWidth(word, like.font, like.size) <= room:
        yield word
        return
    yield from (word[start : start + letters] for start in range(0, len(word), letters))


def _sheets(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Page by page; what heads a passage stands with its first line."""
    room = HEIGHT - 2 * MARGIN - FOOT
    sheet: list[Line] = []
    left = room
    for line in lines:
        if line.height > left:
            heads = _last_heads(sheet)
            kept = sheet[: len(sheet) - heads] or sheet
            yield kept
            sheet = sheet[len(kept) :]
            left = room - sum(each.height for each in sheet)
        sheet.append(line)
        left -= line.height
    yield sheet


def _last_heads(sheet: Sequence[Line]) -> int:
    return next((number for number, line in enumerate(reversed(sheet)) if not line.head), len(sheet))


def _draw(canvas: Canvas, sheet: Sequence[Line]) -> None:
    top = HEIGHT - MARGIN - 22.0
    for line in sheet:
        if line.rule:
            canvas.setStrokeGray(0.75)
            canvas.line(MARGIN, top - 8, WIDTH - MARGIN, top - 8)
        top -= line.height
        canvas.setFont(line.font, line.size)
        canvas.setFillGray(line.grey)
        canvas.drawString(MARGIN + line.indent, top, line.words)


def _frame(canvas: Canvas, paper: Paper, number: str) -> None:
    canvas.setFillGray(GREY)
    canvas.setFont(BOLD, 9)
    canvas.drawString(MARGIN, HEIGHT - MARGIN, paper.house)
    canvas.setFont(PLAIN, 8)
    canvas.drawString(MARGIN, FOOT, paper.made)
    canvas.drawRightString(WIDTH - MARGIN, FOOT, number)


@cache
def _load_fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
