"""Cut a mail into its parts, by position: no line is copied, no part is rewritten, nothing is lost.

The standard library's parser rewrites the messages inside a message and works line by line; here every
part is a slice of the original bytes, so what is scanned, shown and saved is what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.mail.parameters import Value, parse_type, parse_value
from portal.mail.parsed import Unreadable

MOST_PARTS = 1000
DEEPEST = 30
LONGEST_HEADER = 64 * 1024
NEWLINE = 10

_HEADERS = re.compile(rb"(?:[!-9;-~]+[ \t]*:[^\n]*(?:\n|\Z)|[ \t][^\n]*(?:\n|\Z))*+")
_HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_BLANK = re.compile(rb"[ \t]*\r?\n")
_END_OF_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_LIKELY_BOUNDARY = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")


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
    """One part: where it stands ("1.2"), its header fields, its body as a slice, its children."""

    path: str
    fields: Fields
    body: bytes
    kind: Value
    disposition: Value
    children: list[Part] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        return self.kind.value

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
    return _Cutter().cut(raw)


def read_fields(raw: bytes) -> tuple[Fields, int]:
    """The header fields at the start of `raw`, and where the body begins."""
    block = _HEADERS.match(raw)
    end = block.end() if block else 0
    items = tuple(
        (name.decode("ascii").lower(), value[:LONGEST_HEADER].strip())
        for name, value in _HEADER.findall(raw, 0, end)
    )
    blank = _BLANK.match(raw, end)
    return Fields(items), blank.end() if blank else end


class _Cutter:
    def __init__(self) -> None:
        self.count = 0
        self.defects: list[str] = []

    def cut(self, raw: bytes) -> Structure:
        root = self._part(raw, "", "text/plain", depth=0)
        if not root.children:
            root.path = "1"
        return Structure(root, self.defects)

    def _part(self, raw: bytes, path: str, default: str, depth: int) -> Part:
        self.count += 1
        if self.count > MOST_PARTS:
            raise Unreadable("too-many-parts")
        if depth > DEEPEST:
            raise Unreadable("too-deep")
        fields, start = read_fields(raw)
        kind = parse_type(fields.get("content-type"), default)
        disposition = parse_value(fields.get("content-disposition") or b"")
        part = Part(path, fields, raw[start:], kind, disposition)
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

    def _divide(self, part: Part, depth: int) -> None:
        if part.fields.get("content-transfer-encoding") not in (None, b"7bit", b"8bit", b"binary"):
            self.defects.append("encoded-multipart")
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        prefix = f"{part.path}." if part.path else ""
        for number, piece in enumerate(self._pieces(part), start=1):
            part.children.append(self._part(piece, f"{prefix}{number}", default, depth + 1))
        if part.children:
            part.body = b""
        else:
            self.defects.append("multipart-without-parts")
            part.kind = Value("text/plain")

    def _pieces(self, part: Part) -> Iterator[bytes]:
        boundary = part.kind.get("boundary").encode("utf-8", "replace").rstrip()
        pieces = list(_between(part.body, boundary)) if boundary else []
        if not pieces:
            likely = _LIKELY_BOUNDARY.match(part.body)
            if likely:
                self.defects.append("wrong-boundary")
                pieces = list(_between(part.body, likely[1]))
        return iter(pieces)


def _between(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between delimiter lines (RFC 2046 5.1.1); the line break before a delimiter is its own."""
    start: int | None = None
    for begin, end, last in _delimiters(body, b"--" + boundary):
        if start is not None:
            yield body[start : _before_break(body, start, begin)]
        if last:
            return
        start = end
    if start is not None and start < len(body):
        yield body[start:]


def _delimiters(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    position = body.find(mark)
    while position >= 0:
        after = position + len(mark)
        found = _END_OF_DELIMITER.match(body, after)
        if found and (position == 0 or body[position - 1] == NEWLINE):
            yield position, found.end(), bool(found[1])
        position = body.find(mark, after)


def _before_break(body: bytes, start: int, end: int) -> int:
    if end - 2 >= start and body[end - 2 : end] == b"\r\n":
        return end - 2
    return max(start, end - 1)


def _trimmed(raw: bytes) -> bytes:
    """Without what people and old programs put before the header: blank lines, a mark, an mbox line."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    return raw if raw.strip() else b""
