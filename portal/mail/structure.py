"""Cut a mail into its parts, by position: no line is copied, no part is rewritten, nothing is lost.

The standard library's parser rewrites the messages inside a message and works line by line; here every
part is a slice of the original bytes, so what is scanned, shown and saved is what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from portal.mail.parameters import Value, parse_type, parse_value
from portal.mail.parsed import Unreadable

MOST_PARTS = 1000
MOST_FIELDS = 1000
DEEPEST = 30
LONGEST_HEADER = 64 * 1024

_HEADER_LINE = re.compile(rb"(?:[!-9;-~]+[ \t]*:|[ \t])[^\n]*(?:\n|\Z)")
_HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_BLANK = re.compile(rb"[ \t]*\r?\n")
_END_OF_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_LIKELY_BOUNDARY = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fields:
    """The header fields of one part, in order, as bytes."""

    items: tuple[tuple[str, bytes], ...]

    def get(self, name: str) -> bytes | None:
        """The first field of that name (lower case), cut at 64 KB."""
        return next((value for key, value in self.items if key == name), None)

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.items if key == name]


@dataclass(slots=True)
class Part:
    """One part: where it stands ("1.2"), its header fields, where its body lies in the mail, its children."""

    path: str
    fields: Fields
    raw: bytes
    span: Span
    kind: Value
    disposition: Value
    children: list[Part] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        return self.kind.value

    @property
    def body(self) -> bytes:
        """A copy of the body as it was sent, still encoded."""
        return self.raw[slice(*self.span)]

    def leaves(self) -> Iterator[Part]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(slots=True)
class Structure:
    """A whole mail: its root part, and what was wrong with its shape."""

    root: Part
    defects: list[str]


def read_structure(raw: bytes) -> Structure:
    """Cut `raw` into parts. Raises Unreadable: empty, too-deep, too-many-parts."""
    raw = _trimmed(raw)
    if not raw:
        raise Unreadable("empty")
    return _Cutter(raw).cut()


def read_fields(raw: bytes, start: int = 0, end: int | None = None) -> tuple[Fields, int]:
    """The header fields at `start`, the first thousand of them, and where the body begins."""
    end = len(raw) if end is None else end
    last = _end_of_header(raw, start, end)
    items = tuple(
        (found[1].decode("ascii").lower(), found[2][:LONGEST_HEADER].strip())
        for found in islice(_HEADER.finditer(raw, start, last), MOST_FIELDS)
    )
    blank = _BLANK.match(raw, last, end)
    return Fields(items), blank.end() if blank else last


def _end_of_header(raw: bytes, start: int, end: int) -> int:
    """Line by line: one possessive expression for all of them loses the body's first letter on Python 3.11.2."""
    while line := _HEADER_LINE.match(raw, start, end):
        start = line.end()
    return start


class _Cutter:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.count = 0
        self.defects: list[str] = []

    def cut(self) -> Structure:
        root = self._part((0, len(self.raw)), "", "text/plain", depth=0)
        if not root.children:
            root.path = "1"
        return Structure(root, self.defects)

    def _part(self, span: Span, path: str, default: str, depth: int) -> Part:
        self.count += 1
        if self.count > MOST_PARTS:
            raise Unreadable("too-many-parts")
        if depth > DEEPEST:
            raise Unreadable("too-deep")
        fields, start = read_fields(self.raw, *span)
        kind = parse_type(fields.get("content-type"), default)
        disposition = parse_value(fields.get("content-disposition") or b"")
        part = Part(path, fields, self.raw, (start, span[1]), kind, disposition)
        self._look(part)
        if part.content_type.startswith("multipart/"):
            self._divide(part, depth)
        return part

    def _look(self, part: Part) -> None:
        """Note what lets two programs read two different mails here (security.md, S10)."""
        for name in ("content-type", "content-disposition", "content-transfer-encoding"):
            if len(part.fields.all(name)) > 1:
                self.defects.append(f"several-{name}")
        if part.kind.repeated or part.disposition.repeated:
            self.defects.append("repeated-parameter")
        if len(part.fields.items) == MOST_FIELDS:
            self.defects.append("too-many-fields")

    def _divide(self, part: Part, depth: int) -> None:
        if part.fields.get("content-transfer-encoding") not in (None, b"7bit", b"8bit", b"binary"):
            self.defects.append("encoded-multipart")
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        prefix = f"{part.path}." if part.path else ""
        for number, piece in enumerate(self._pieces(part), start=1):
            part.children.append(self._part(piece, f"{prefix}{number}", default, depth + 1))
        if not part.children:
            self.defects.append("multipart-without-parts")
            part.kind = Value("text/plain")

    def _pieces(self, part: Part) -> Iterator[Span]:
        """The parts inside; where the announced boundary finds none, the one that seems to be in use."""
        boundary = part.kind.raw.get("boundary", b"").rstrip()
        found = False
        for piece in _between(self.raw, part.span, boundary) if boundary else ():
            found = True
            yield piece
        likely = None if found else _LIKELY_BOUNDARY.match(self.raw, *part.span)
        if likely:
            self.defects.append("wrong-boundary")
            yield from _between(self.raw, part.span, likely[1])


def _between(raw: bytes, span: Span, boundary: bytes) -> Iterator[Span]:
    """What stands between delimiter lines (RFC 2046 5.1.1); the line break before a delimiter is its own."""
    start: int | None = None
    for begin, end, last in _delimiters(raw, span, b"\n--" + boundary):
        if start is not None:
            begin -= raw[begin - 1 : begin] == b"\r"
            yield start, max(start, begin)
        if last:
            return
        start = end
    if start is not None and start < span[1]:
        yield start, span[1]


def _delimiters(raw: bytes, span: Span, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter begins (its line break included) and ends, and whether it is the last one."""
    start, end = span
    at_once = raw.startswith(mark[1:], start, end)
    begin = start - 1 if at_once else raw.find(mark, start, end)
    while at_once or begin >= 0:
        at_once = False
        after = begin + len(mark)
        found = _END_OF_DELIMITER.match(raw, after, end)
        if found:
            yield begin, found.end(), bool(found[1])
        begin = raw.find(mark, after, end)


def _trimmed(raw: bytes) -> bytes:
    """Without what people and old programs put before the header: blank lines, a mark, an mbox line."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    return b"" if raw.isspace() else raw
