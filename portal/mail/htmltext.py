"""The words of an HTML body, in one pass over hostile markup: linear in time, nothing hidden, nothing run.

Text that a style sheet would hide is kept: a reader must see what the sender wrote. Markup is cut as browsers
cut it (a comment or a quoted attribute that never ends swallows the rest, as it does on their screens).
"""

from __future__ import annotations

import html
import re

_TEXT = re.compile(r"[^<]+")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_REST_OF_TAG = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?)*+>""")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_SHOWN_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)

_SILENT = {
    name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE) for name in ("script", "style", "title", "template")
}
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "form", "fieldset"}
_LINES = {"div", "tr", "dt", "dd", "section", "article", "header", "footer", "address", "center", "body"}
_DEEPEST_QUOTE = 10


def html_to_text(source: str, limit: int) -> str:
    """Plain text of `source`, at most `limit` characters."""
    writer = _Writer(limit)
    position, end = 0, len(source)
    while position < end and writer.room > 0:
        position = _step(source, position, writer)
    return writer.finish()[:limit]


def _step(source: str, position: int, writer: _Writer) -> int:
    """Read one run of text, tag or comment; give the position after it."""
    if text := _TEXT.match(source, position):
        writer.words(html.unescape(text[0]))
        return text.end()
    if source.startswith("<!--", position):
        return _after(source, "-->", position + 4)
    name = _NAME.match(source, position)
    if not name:
        return _not_a_tag(source, position, writer)
    rest = _REST_OF_TAG.match(source, name.end())
    if not rest:
        return len(source)
    tag = name[1].lower()
    if source.startswith("</", position):
        writer.close(tag)
    elif tag in _SILENT:
        closing = _SILENT[tag].search(source, rest.end())
        return closing.start() if closing else len(source)
    else:
        writer.open(tag, rest[0])
    return rest.end()


def _not_a_tag(source: str, position: int, writer: _Writer) -> int:
    if source.startswith(("<!", "<?", "</"), position):
        return _after(source, ">", position + 2)
    writer.words("<")
    return position + 1


def _after(source: str, mark: str, position: int) -> int:
    found = source.find(mark, position)
    return len(source) if found < 0 else found + len(mark)


class _Writer:
    """Lines of text as they grow: collapsed spaces, blank lines between paragraphs, > before quotes."""

    def __init__(self, limit: int) -> None:
        self.room = limit
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.link: tuple[str, int] | None = None

    def words(self, text: str) -> None:
        if self.preformatted:
            for number, line in enumerate(text.splitlines()):
                if number:
                    self.break_line()
                self._put(line)
            return
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        self._put(text)

    def open(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self.break_line()
        elif tag == "li":
            self.break_line(soft=True)
            self._put("• ")
        elif tag in {"td", "th"} and any(piece.strip() for piece in self.line):
            self._put("\t")
        elif tag == "img":
            alt = _attribute(_ALT, attributes)
            self._put(f"[image : {alt}]" if alt else "")
        elif tag == "a":
            self.close("a")  # links do not nest
            self.link = (_attribute(_HREF, attributes), len(self.line))
        elif tag == "hr":
            self.break_line(soft=True)
            self._put("-----")
            self.break_line()
        else:
            self._block(tag, step=1)

    def close(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        else:
            self._block(tag, step=-1)

    def break_line(self, *, soft: bool = False) -> None:
        line = "".join(self.line).rstrip(" ")
        self.line = []
        if line or not soft:
            prefix = ">" * min(self.quotes, _DEEPEST_QUOTE)
            self.lines.append(f"{prefix} {line}".rstrip() if prefix else line)
            self.room -= 1

    def finish(self) -> str:
        self.break_line(soft=True)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")

    def _block(self, tag: str, step: int) -> None:
        if tag == "blockquote":
            self.break_line(soft=True)
            self.quotes = max(0, self.quotes + step)
        elif tag in _PARAGRAPHS:
            self.break_line(soft=True)
            if self.lines and self.lines[-1].strip(">"):
                self.break_line()
            if tag == "pre":
                self.preformatted = max(0, self.preformatted + step)
        elif tag in _LINES:
            self.break_line(soft=True)

    def _end_link(self) -> None:
        """Say where a link really goes when its words do not."""
        if not self.link:
            return
        (href, start), self.link = self.link, None
        words = "".join(self.line[start:])
        bare = href.partition(":")[2].strip("/")
        if _SHOWN_LINK.match(href) and bare not in words:
            self._put(f" <{href[:300]}>")

    def _put(self, text: str) -> None:
        if text:
            self.line.append(text)
            self.room -= len(text)


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(" " + attributes[:8192])
    value = next((group for group in found.groups() if group), "") if found else ""
    return _SPACES.sub(" ", html.unescape(value)).strip()
