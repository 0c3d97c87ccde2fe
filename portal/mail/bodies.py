"""What a person reads in a mail, and what is a file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from portal.lib.text import many_lines
from portal.mail.charsets import decode
from portal.mail.decoding import decoded
from portal.mail.htmltext import html_to_text
from portal.mail.names import declared_name
from portal.mail.structure import Part

LONGEST_TEXT = 1_000_000
LONGEST_HTML = 2_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """One readable text: plain, or HTML whose words are taken only if they are shown."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class Bodies:
    """The readable blocks of a mail in order, their text, the first HTML source, the parts that are files."""

    blocks: list[Block] = field(default_factory=list)
    text: str = ""
    html: str = ""
    files: list[Part] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    @property
    def from_html(self) -> bool:
        return any(block.html for block in self.blocks)


def collect(root: Part) -> Bodies:
    """Walk the parts: text to read, in order (text/plain chosen over HTML), everything else kept as files."""
    bodies = gather(root)
    texts = list(_texts(bodies))
    bodies.text = "\n\n".join(text for text in texts if text)
    if len(bodies.text) > LONGEST_TEXT:
        bodies.text = bodies.text[:LONGEST_TEXT]
        bodies.defects.append("text-cut")
    return bodies


def gather(root: Part) -> Bodies:
    """The same without the text: HTML is found, not read."""
    bodies = Bodies()
    _visit(root, bodies)
    return bodies


def _texts(bodies: Bodies) -> Iterator[str]:
    room = LONGEST_HTML  # for all of them: reading HTML is what costs
    for block in bodies.blocks:
        if len(block.html) > room:
            bodies.defects.append("html-cut")
        yield html_to_text(block.html[:room], LONGEST_TEXT) if block.html else block.plain
        room -= min(room, len(block.html))


def _visit(part: Part, bodies: Bodies) -> None:
    if part.content_type == "multipart/alternative" and part.children:
        _choose(part.children, bodies)
    elif part.children:
        for child in part.children:
            _visit(child, bodies)
    elif _is_body(part, first=not bodies.blocks and not bodies.files):
        _read(part, bodies)
    else:
        bodies.files.append(part)


def _choose(versions: Iterable[Part], bodies: Bodies) -> None:
    """One block for all versions of the same text (RFC 2046 5.1.4); what is not text stays a file."""
    heard: list[list[Block]] = []
    for version in versions:
        seen = Bodies()
        _visit(version, seen)
        bodies.files += seen.files
        bodies.defects += seen.defects
        bodies.html = bodies.html or seen.html
        heard.append(seen.blocks)
    plain = [blocks for blocks in heard if any(block.plain.strip() for block in blocks)]
    spoken = plain or [blocks for blocks in heard if any(block.html for block in blocks)]
    bodies.blocks += spoken[0] if spoken else []


def _is_body(part: Part, *, first: bool) -> bool:
    if part.content_type not in {"text/plain", "text/html"} or part.disposition.value == "attachment":
        return False
    # A name makes it a file, unless it is where the text of a mail stands.
    return not declared_name(part) or (first and part.path in {"1", "1.1"} and not part.disposition.value)


def _read(part: Part, bodies: Bodies) -> None:
    raw, defect = decoded(part)
    text, guessed = decode(raw, part.kind.get("charset"))
    bodies.defects += [code for code in (defect, "charset-guessed" if guessed else "") if code]
    if part.content_type == "text/plain":
        bodies.blocks.append(Block(plain=_plain(text[: LONGEST_TEXT + 1], part)))
        return
    if bodies.html:
        bodies.files.append(part)  # never two HTML sources in one document (EFAIL)
    source = many_lines(text[: LONGEST_HTML + 1])
    bodies.html = bodies.html or source[:LONGEST_HTML]
    bodies.blocks.append(Block(html=source))


def _plain(text: str, part: Part) -> str:
    text = many_lines(text)
    if part.kind.get("format").lower() == "flowed":
        text = _unflow(text, delete_space=part.kind.get("delsp").lower() == "yes")
    return text.strip("\n")


def _unflow(text: str, *, delete_space: bool) -> str:
    """Join what a program cut (RFC 3676 4.2): a line that ends with a space goes on, at its depth."""
    out: list[str] = []
    depth_before, open_line = -1, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_line and depth == depth_before and content != "-- ":
            out.append(content)
        else:
            out.append("\n" + (">" * depth + " " if depth else "") + content)
        open_line, depth_before = content.endswith(" ") and content != "-- ", depth
        if open_line and delete_space:
            out[-1] = out[-1][:-1]
    return "".join(out).removeprefix("\n")
