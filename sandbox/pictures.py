"""Draw believable prescriptions: a PDF as software prints it, a photo as a patient takes it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFilter, ImageFont

# The font of the portal; Pillow's own has no accents.
FONT = next((Path(__file__).resolve().parent.parent / "static").rglob("inter-latin.woff2"))
A4 = (1240, 1754)  # 150 dpi
DRAWN = time.gmtime(1_795_000_000)  # what a PDF says of itself, else no two drawings of a sheet were alike
INK, PAPER, TABLE = (24, 26, 30), (252, 251, 247), (126, 98, 74)


@dataclass(frozen=True)
class Sheet:
    """What stands on one page."""

    head: Sequence[str]
    patient: Sequence[str]
    lines: Sequence[str]
    foot: str = ""
    code: str = ""


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one PDF, a page each: the same bytes for the same sheets, whenever they are drawn."""
    first, *others = [draw(sheet) for sheet in sheets]
    out = BytesIO()
    first.save(
        out,
        "PDF",
        save_all=True,
        append_images=others,
        resolution=150,
        quality=72,
        creationDate=DRAWN,
        modDate=DRAWN,
    )
    return out.getvalue()


def photo(sheet: Sheet, *, tilt: float = 3.5) -> bytes:
    """The sheet on a table, a little askew and soft, as JPEG."""
    page = draw(sheet).rotate(tilt, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)
    table = Image.new("RGB", (page.width + 160, page.height + 160), TABLE)
    table.paste(page, (80, 80))
    shade = Image.linear_gradient("L").resize(table.size).point(lambda level: 225 + level // 9)
    lit = Image.composite(table, Image.new("RGB", table.size, (96, 80, 66)), shade)
    out = BytesIO()
    lit.filter(ImageFilter.GaussianBlur(0.8)).resize((1050, 1470)).save(out, "JPEG", quality=70)
    return out.getvalue()


def draw(sheet: Sheet) -> Image.Image:
    """The page as a picture."""
    page = Image.new("RGB", A4, PAPER)
    pen = ImageDraw.Draw(page)
    y = _write(pen, sheet.head, 90, 40, bold_first=True)
    pen.line([(90, y + 20), (1150, y + 20)], fill=(120, 130, 125), width=2)
    y = _write(pen, sheet.patient, y + 70, 36)
    y = _write(pen, sheet.lines, y + 80, 38, gap=1.75)
    pen.text((90, 1580), sheet.foot, font=_font(28), fill=(90, 95, 98))
    if sheet.code:
        _stamp_code(page, sheet.code)
    return page


def _write(
    pen: ImageDraw.ImageDraw,
    lines: Sequence[str],
    y: float,
    size: int,
    *,
    bold_first: bool = False,
    gap: float = 1.4,
) -> float:
    for number, line in enumerate(lines):
        heavy = 1 if bold_first and number == 0 else 0
        pen.text((90, y), line, font=_font(size), fill=INK, stroke_width=heavy, stroke_fill=INK)
        y += size * gap
    return y


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


def _stamp_code(page: Image.Image, content: str) -> None:
    out = BytesIO()
    segno.make(content, error="m").save(out, kind="png", scale=6, border=2)
    page.paste(Image.open(out).convert("RGB"), (90, 1330))
