"""The words of a CDA document that carries no picture of itself, as plain blocks: no markup of the sender's.

Runs in the confined child only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from portal.documents import codes
from portal.documents.readings import Block
from portal.documents.xmltree import words
from portal.lib.text import visible

NS = {"c": "urn:hl7-org:v3"}
PREFIX = "{urn:hl7-org:v3}"
MOST_BLOCKS, MOST_CHARACTERS = 2000, 100_000
MOST_CELLS, LONGEST = 20, 2000
DEEPEST = 40
LEAVES = {"paragraph", "item", "caption"}
SHAPES = {"paragraph": "paragraph", "item": "item", "caption": "heading"}


def blocks_of(root: etree._Element) -> tuple[Block, ...]:
    """Title and text of each section, in order, as far as the limits go."""
    kept, room = [], MOST_CHARACTERS
    for block in islice(_sections(root), MOST_BLOCKS):
        room -= sum(len(cell) for cell in block.cells)
        if room < 0:
            break
        kept.append(block)
    return tuple(kept)


def _sections(root: etree._Element) -> Iterator[Block]:
    for section in root.iterfind("c:component/c:structuredBody//c:section", NS):
        code = section.find("c:code", NS)
        if code is not None and code.get("code") == codes.COPY:
            continue
        title = section.find("c:title", NS)
        if title is not None and _line(words(title)):
            yield Block("heading", (_line(words(title)),))
        text = section.find("c:text", NS)
        if text is not None:
            yield from _blocks(text, 0)


def _blocks(element: etree._Element, depth: int) -> Iterator[Block]:
    """What stands in `element`: its loose words as paragraphs, its tables as rows, its lists as items."""
    loose = element.text or ""
    for child in element:
        name = str(child.tag).removeprefix(PREFIX)
        if depth < DEEPEST and (name in LEAVES or name in {"table", "list", "thead", "tbody", "tfoot", "tr"}):
            yield from _paragraph(loose)
            loose = ""
            yield from _block(child, name, depth)
        elif name == "br":
            yield from _paragraph(loose)
            loose = ""
        else:
            loose += words(child)
        loose += child.tail or ""
    yield from _paragraph(loose)


def _block(child: etree._Element, name: str, depth: int) -> Iterator[Block]:
    if name == "tr":
        cells = tuple(_line(words(cell)) for cell in islice(child, MOST_CELLS))
        if any(cells):
            yield Block("row", cells)
    elif name in LEAVES and not _holds_blocks(child):
        line = _line(words(child))
        if line:
            yield Block(SHAPES[name], (line,))
    else:
        yield from _blocks(child, depth + 1)


def _holds_blocks(element: etree._Element) -> bool:
    return any(_has(element, name) for name in ("list", "table", "paragraph", "br"))


def _paragraph(text: str) -> Iterator[Block]:
    line = _line(text)
    if line:
        yield Block("paragraph", (line,))


def _has(element: etree._Element, name: str) -> bool:
    return element.find(f"c:{name}", NS) is not None


def _line(text: str) -> str:
    return " ".join(visible(text[: 2 * LONGEST]).split())[:LONGEST]
