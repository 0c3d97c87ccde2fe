"""Turn a document of strangers into pages that are safe to show: pictures made in a confined child."""

from __future__ import annotations

from portal.documents.frames import framed, unframed
from portal.documents.sniff import Kind
from portal.lib.confined import ChildFailed, Limits, Refused, call

DRAWN = frozenset({Kind.PDF, Kind.PNG, Kind.JPEG, Kind.HEIC})
NARROWEST, WIDEST = 100, 2000
A4_AT_150_DPI = 1240

CHILD = "portal.documents.child:answer"
# Somebody waits in front of the screen, and a thread of the web process with her: heavy documents hold up no others.
LIMITS = Limits(queue=5.0)
EXPLANATIONS = {
    "encrypted": "Ce document est protégé par un mot de passe.",
    "too-large": "Cette image est trop grande pour être affichée.",
    "damaged": "Ce document est endommagé ou incomplet.",
    "too-costly": "Ce document est trop complexe pour être affiché.",
    "unsupported": "Ce type de fichier ne peut pas être affiché ici.",
}


class NoSuchPage(Exception):
    """The document has fewer pages."""


class Illegible(Exception):
    """The document cannot be shown. `code` is for logs, `explanation` for people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def explanation(self) -> str:
        return EXPLANATIONS[self.code]


def page_count(data: bytes, kind: Kind) -> int:
    """How many pages a document has; a picture has one.

    Raises:
        Illegible: it cannot be shown.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    head, _ = _ask({"do": "count"}, data, kind)
    return int(head["pages"])


def render_page(data: bytes, kind: Kind, page: int, width: int = A4_AT_150_DPI) -> bytes:
    """Page `page` (from 0) as PNG, at most `width` pixels wide (100 to 2,000).

    Raises:
        Illegible: it cannot be shown.
        NoSuchPage: it has fewer pages.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    width = min(max(width, NARROWEST), WIDEST)
    _, png = _ask({"do": "draw", "page": page, "width": width}, data, kind)
    return bytes(png)


def _ask(question: dict[str, str | int], data: bytes, kind: Kind) -> tuple[dict[str, int], memoryview]:
    if kind not in DRAWN:
        raise Illegible("unsupported")
    try:
        return unframed(call(CHILD, framed({**question, "kind": kind}, data), limits=LIMITS))
    except Refused as refusal:
        if refusal.code == "no-page":
            raise NoSuchPage from refusal
        raise Illegible(refusal.code) from refusal
    except ChildFailed as failure:
        raise Illegible("damaged" if failure.reason == "crash" else "too-costly") from failure
