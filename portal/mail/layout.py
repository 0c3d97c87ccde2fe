"""A sender's HTML as it may be shown in a frame of its own: cleaned by nh3, then links told and pictures named.

Runs in the confined child (`reading.layout_confined` calls it there). What is left holds no script, style sheet,
form, frame, class or name, and no address that a browser would fetch: pictures are `cid:` and the part of this very
mail that they are, for the one who serves the page to put in.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

import nh3

from portal.lib.text import BIDI
from portal.mail.bodies import Bodies, gather
from portal.mail.css import safe_style
from portal.mail.parse import content_id_of
from portal.mail.parsed import Layout
from portal.mail.structure import read_structure

LONGEST_LAYOUT = 400_000
LARGEST_SPAN = 100
LONGEST_SHOWN_TARGET = 80

TAGS = {
    *{
        "a",
        "abbr",
        "address",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
    },
    *{
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
    },
    *{"li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody"},
    *{"td", "tfoot", "th", "thead", "tr", "tt", "u", "ul"},
}
# Gone with all that is in them: what no person reads, or no HTML at all.
SILENT = {
    *{
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "noframes",
        "noembed",
        "object",
        "applet",
    },
    *{"svg", "math", "select", "textarea", "audio", "video", "canvas", "xmp", "plaintext", "head"},
}
CELL = {"align", "valign", "width", "colspan", "rowspan"}
ATTRIBUTES = {
    "*": {"style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": CELL,
    "th": CELL,
    "table": {"align", "border", "cellpadding", "cellspacing", "width"},
    "col": {"span", "width"},
    "ol": {"start", "type"},
    "p": {"align"},
    "div": {"align"},
}

_SIZE = re.compile(r"[1-9]\d{0,2}%?|1\d{3}")
_WORD = re.compile(r"[a-z0-9-]{1,20}", re.IGNORECASE)
# What a browser and we read alike: nothing that it would trim, turn round or take for a name and a password.
_WEB = re.compile(r"(https?)://([^\s/?#@:\\<>\"%\[\]]+)(:\d{1,5})?((?:[/?#][^\s\\<>\"]*)?)", re.IGNORECASE)
_HOST = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_SPOKEN = re.compile(r"(?:mailto|tel):([^?\s]{1,200})(?:\?.*)?", re.IGNORECASE)
_ATTRIBUTES = r'((?: [a-z]+="[^"]*")*)'
_LINK = re.compile(rf"<a{_ATTRIBUTES}>(.*?)</a>", re.DOTALL)
_PICTURE = re.compile(rf"<img{_ATTRIBUTES}>")
_ONE = re.compile(r' ([a-z]+)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_DECEIVING = re.compile(f"[{BIDI}]")


class NoLayout(Exception):
    """The mail has no HTML, or more than is shown. `code`: no-layout, layout-too-long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def layout(raw: bytes) -> Layout:
    """The HTML of a mail. Raises NoLayout, and Unreadable as `read_structure` does."""
    bodies = gather(read_structure(raw).root)
    if not bodies.html.strip():
        raise NoLayout("no-layout")
    if len(bodies.html) > LONGEST_LAYOUT:
        raise NoLayout("layout-too-long")
    return _clean(bodies)


def _clean(bodies: Bodies) -> Layout:
    cleaned = nh3.clean(
        _DECEIVING.sub("", bodies.html),
        tags=TAGS,
        clean_content_tags=SILENT,
        attributes=ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel=None,
    )
    pictures = _Pictures({name: part.path for part in bodies.files if (name := content_id_of(part))})
    shown = _PICTURE.sub(pictures.told, _LINK.sub(_told, cleaned))
    return Layout(shown, tuple(dict.fromkeys(pictures.parts)), pictures.remote)


def _kept(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute as it may stay, or None."""
    if name == "style":
        return safe_style(value) or None
    if name in {"colspan", "rowspan", "span", "start", "border", "cellpadding", "cellspacing"}:
        return value if value.isascii() and value.isdigit() and int(value[:4]) <= LARGEST_SPAN else None
    if name in {"width", "height"}:
        return value if _SIZE.fullmatch(value) else None
    if name in {"align", "valign", "type"}:
        return value if _WORD.fullmatch(value) else None
    if tag == "img" and name == "src":
        return value[:500]
    return value[:4000]


def _told(found: re.Match[str]) -> str:
    """A link with its true target beside it, in a window that knows nothing of ours; other addresses as words."""
    words = found[2]
    target = html.unescape(_attributes(found[1]).get("href", ""))
    plain = html.unescape(_TAG.sub("", words)).strip()
    if spoken := _SPOKEN.fullmatch(target):
        said = unquote(spoken[1])[:LONGEST_SHOWN_TARGET]
        return words if said.lower() in plain.lower() else f"{words} {_target(said)}"
    web = _web(target)
    if web is None:
        return words
    scheme, host, rest = web
    address = html.escape(f"{scheme}://{host}{rest}")
    shown = "" if _goes_where_it_says(plain, host) else f" {_target(host)}"
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{words}</a>{shown}'


def _target(words: str) -> str:
    return f'<span class="target">[{html.escape(words)}]</span>'


def _web(target: str) -> tuple[str, str, str] | None:
    """Scheme, host in ASCII and the rest of an address that leads to one place, whoever reads it."""
    found = _WEB.fullmatch(target.strip())
    if not found:
        return None
    try:
        host = found[2].lower().encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return (found[1].lower(), host, f"{found[3] or ''}{found[4]}") if _HOST.fullmatch(host) else None


def _goes_where_it_says(words: str, host: str) -> bool:
    said = words.lower().removeprefix("https://").removeprefix("http://")
    return said == host or said.startswith(f"{host}/")


class _Pictures:
    """Which pictures of the mail itself its HTML shows; all others are words."""

    def __init__(self, known: dict[str, str]) -> None:
        self._known = known
        self.parts: list[str] = []
        self.remote = 0

    def told(self, found: re.Match[str]) -> str:
        said = _attributes(found[1])
        source = html.unescape(said.pop("src", ""))
        part = self._known.get(unquote(source[4:]).strip("<> ")) if source[:4].lower() == "cid:" else None
        if part is None:
            self.remote += source[:4].lower() != "cid:" and bool(source)
            return self._words(said)
        self.parts.append(part)
        rest = "".join(f' {name}="{value}"' for name, value in said.items())
        return f'<img src="cid:{part}"{rest}>'

    @staticmethod
    def _words(said: dict[str, str]) -> str:
        alternative = said.get("alt", "").strip()
        return f'<span class="target">[image : {alternative[:200]}]</span>' if alternative else ""


def _attributes(text: str) -> dict[str, str]:
    """As they stand in the cleaned source, still escaped."""
    return dict(_ONE.findall(text))
