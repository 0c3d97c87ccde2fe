"""Documents made for the tests, good and hostile."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

import pillow_heif
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas


def pdf(pages: int = 1, *, across: float = 595, down: float = 842, extra: bytes = b"") -> bytes:
    """A PDF of empty pages; `extra` goes into the trailer."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]>>" % (across, down)] * pages,
    ]
    return _numbered(objects, extra)


def encrypted_pdf() -> bytes:
    """One that asks for a password (the check value matches none)."""
    return pdf(
        extra=b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (b"00" * 32, b"11" * 32)
    )


def slow_pdf(times: int = 100_000) -> bytes:
    """One page that is painted over a hundred thousand times, or more."""
    return _drawn(_stream(b"0 0 595 842 re f " * times))


def greedy_pdf() -> bytes:
    """One page whose content calls forms within forms, a hundred million drawings in all."""
    return _drawn(
        _stream(b"/F Do " * 100),
        *[_form(b"/F Do " * 100, b"/XObject<</F %d 0 R>>" % (6 + depth)) for depth in range(3)],
        _form(b"0 0 500 500 re f ", b""),
    )


def written_pdf(*pages: str) -> bytes:
    """A PDF that a program wrote: each page has its lines as text, or none."""
    buffer = BytesIO()
    sheet = Canvas(buffer, pagesize=(595, 842))
    for text in pages:
        lines = sheet.beginText(60, 760)
        lines.textLines(text)
        sheet.drawText(lines)
        sheet.showPage()
    sheet.save()
    return buffer.getvalue()


def scanned(*lines: str) -> bytes:
    """A sheet as a scanner or a phone sees it: a JPEG of these lines."""
    sheet = Image.new("L", (1240, 700), "white")
    letters = ImageFont.load_default(size=44)
    for number, line in enumerate(lines):
        ImageDraw.Draw(sheet).text((80, 80 + 80 * number), line, "black", font=letters)
    buffer = BytesIO()
    sheet.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def scanned_pdf(*lines: str) -> bytes:
    """The same sheet as the only page of a PDF."""
    buffer = BytesIO()
    Image.open(BytesIO(scanned(*lines))).save(buffer, "PDF", resolution=150)
    return buffer.getvalue()


def jpeg(across: int = 40, down: int = 20, *, orientation: int = 1, mode: str = "RGB") -> bytes:
    """Left half black, right half white, as the sensor saw it; with a place in its EXIF."""
    picture = Image.new("RGB", (across, down), "white")
    picture.paste("black", (0, 0, across // 2, down))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "Soleil, 12 rue des Lilas"
    buffer = BytesIO()
    picture.convert(mode).save(buffer, "JPEG", exif=exif.tobytes(), quality=90)
    return buffer.getvalue()


def heic(across: int = 64, down: int = 32, *, orientation: int = 1) -> bytes:
    """As an iPhone takes it: left half black, right half white, with a place in its EXIF."""
    picture = Image.new("RGB", (across, down), "white")
    picture.paste("black", (0, 0, across // 2, down))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "Soleil, 12 rue des Lilas"
    buffer = BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, exif=exif.tobytes(), quality=80)
    return buffer.getvalue()


def png(across: int = 40, down: int = 20, *, mode: str = "RGB", colour: int = 0) -> bytes:
    buffer = BytesIO()
    Image.new(mode, (across, down), colour).save(buffer, "PNG")
    return buffer.getvalue()


def png_head(across: int, down: int) -> bytes:
    """A PNG that announces a size, and hardly anything after."""
    head = struct.pack(">IIBBBBB", across, down, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(100)))


def zip_bomb() -> bytes:
    return zipped({"bomb": bytes(20_000_000)})


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _stream(content: bytes, head: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(content), content)


def _form(content: bytes, resources: bytes) -> bytes:
    return _stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<%s>>" % resources)


def _drawn(content: bytes, *forms: bytes) -> bytes:
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    )
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    return _numbered([b"<</Type/Catalog/Pages 2 0 R>>", pages, page, content, *forms])


def _numbered(objects: list[bytes], extra: bytes = b"") -> bytes:
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    size = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, extra, len(body))
    return body + table + trailer
