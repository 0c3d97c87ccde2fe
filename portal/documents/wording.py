"""The words of a document, to be searched, and which pages are only pictures. Runs in the confined child only."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.documents import examining, pdf
from portal.documents.readings import Document
from portal.documents.sniff import Kind, kind_of
from portal.lib.confined import Refused
from portal.lib.text import many_lines

MOST_PAGES, MOST_LETTERS = 60, 200_000
# A page with less than this is a scan, whatever its producer wrote in a corner of it.
FEWEST_LETTERS = 20
PICTURES = (Kind.JPEG, Kind.PNG, Kind.HEIC)


@dataclass
class Wording:
    """`scans` are pages to be recognised, by their number in the whole; `cut` when not all was read."""

    text: list[str] = field(default_factory=list)
    scans: list[int] = field(default_factory=list)
    pages: int = 0
    cut: bool = False

    def put(self, text: str) -> None:
        """Ligatures of fonts apart, as people type."""
        clean = unicodedata.normalize("NFKC", many_lines(text)).strip()
        room = MOST_LETTERS - sum(map(len, self.text))
        self.cut = self.cut or len(clean) > room
        if clean and room > 0:
            self.text.append(clean[:room])


def wording(kind: Kind, data: memoryview) -> Wording:
    """Raises Refused: with the reason why nothing can be read."""
    found = Wording()
    if kind == Kind.TEXT:
        found.put(_decoded(bytes(data[: 4 * MOST_LETTERS])))
        found.cut = found.cut or len(data) > 4 * MOST_LETTERS
    elif kind in examining.STRUCTURED:
        for held in examining.held(kind, data):
            found.put("\n".join(_said(held.document)))
            if held.copy:
                _add(found, kind_of(held.copy), memoryview(held.copy))
    else:
        _add(found, kind, data)
    return found


def _add(found: Wording, kind: Kind, data: memoryview) -> None:
    """A PDF or a picture, behind what is there."""
    if kind == Kind.PDF:
        count, texts = pdf.texts(data, MOST_PAGES)
        for number, text in enumerate(texts):
            found.put(text)
            if len(text.strip()) < FEWEST_LETTERS:
                found.scans.append(found.pages + number)
        found.pages += count
        found.cut = found.cut or count > MOST_PAGES
    elif kind in PICTURES:
        found.scans.append(found.pages)
        found.pages += 1
    else:
        raise Refused("unsupported")


def _said(document: Document) -> Iterator[str]:
    """Who and what it is about, and its words."""
    yield f"{document.label} {document.title} {document.number}"
    if patient := document.patient:
        yield f"{patient.first_names} {patient.birth_name} {patient.ins}"
    for each in (document.author, document.authenticator):
        if each:
            yield f"{each.name} {each.speciality} {each.organisation} {each.rpps}"
    yield from (" ".join(block.cells) for block in document.blocks)


def preload() -> None:
    """Load what decodes while files can still be opened."""
    for alphabet in ("utf-8-sig", "cp1252"):
        codecs.lookup(alphabet)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
