"""Turn a document of strangers into what is safe to show: its facts, and pictures, made in a confined child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.documents.frames import framed, unframed
from portal.documents.readings import Reading
from portal.documents.sniff import Kind
from portal.lib.confined import ChildFailed, Limits, Refused, call
from portal.mail.jsonform import BadForm, from_json

DRAWN = frozenset({Kind.PDF, Kind.PNG, Kind.JPEG, Kind.HEIC})
STRUCTURED = frozenset({Kind.XDM, Kind.CDA})
WORDED = DRAWN | STRUCTURED | {Kind.TEXT}
NARROWEST, WIDEST = 100, 2000
A4_AT_150_DPI = 1240

CHILD = "portal.documents.child:answer"
# Somebody waits in front of the screen, and a thread of the web process with her: heavy documents hold up no others.
LIMITS = Limits(queue=5.0)
# What strangers send by the form, in a lane of its own: the team's pages never wait for it.
AT_THE_DOOR = Limits(cpu=3, wall=10.0, queue=5.0, lane="form")
# A worker reads at its ease, one file after the other, and what cannot be read in this time is told so.
AT_EASE = Limits(cpu=5, wall=15.0)
DAMAGED = "Ce document est endommagé ou incomplet."
EXPLANATIONS = {
    "encrypted": "Ce document est protégé par un mot de passe.",
    "too-large": "Cette image est trop grande pour être affichée.",
    "damaged": DAMAGED,
    "too-costly": "Ce document est trop complexe pour être affiché.",
    "unsupported": "Ce type de fichier ne peut pas être affiché ici.",
    "empty": "Ce fichier est vide.",
    "two-kinds": "Ce fichier peut être pris pour deux types à la fois : il n’est pas affiché.",
    "misnamed": "Le contenu de ce fichier n’est pas ce que son nom annonce.",
    "archive-damaged": "Cette archive est endommagée ou incomplète.",
    "archive-limits": "Cette archive contient trop de fichiers, ou des fichiers trop gros.",
    "archive-encrypted": "Cette archive est protégée par un mot de passe.",
    "archive-names": "Cette archive contient des noms de fichiers trompeurs.",
    "xml-damaged": "Le document de santé est endommagé ou incomplet.",
    "xml-doctype": "Le document de santé contient des déclarations interdites (DTD).",
    "not-cda": "Ce n’est pas un document de santé (CDA).",
    "no-document": "Aucun document n’a été trouvé dans cette archive.",
    "missing": "Un document annoncé manque dans cette archive.",
}


@dataclass(frozen=True)
class Words:
    """`scans` are the pages without text, `cut` when the document is longer than what was read."""

    text: str
    scans: tuple[int, ...] = ()
    cut: bool = False


class NoSuchPage(Exception):
    """The document has fewer pages."""


class Illegible(Exception):
    """The document cannot be shown. `code` is for logs, `explanation` for people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def explanation(self) -> str:
        return explained(self.code)


def explained(code: str) -> str:
    """Why nothing can be shown, for people."""
    return EXPLANATIONS.get(code, DAMAGED)


def read(data: bytes, kind: Kind) -> Reading:
    """What there is to see in a file, or in `fault` why there is nothing.

    Raises:
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    try:
        _, answer = _ask({"do": "read"}, data, kind, AT_EASE)
        return from_json(Reading, bytes(answer))
    except Illegible as error:
        return Reading(fault=error.code)
    except BadForm:
        return Reading(fault="damaged")


def page_count(data: bytes, kind: Kind) -> int:
    """How many pages a document has; a picture has one.

    Raises:
        Illegible: it cannot be shown.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    _, answer = _ask({"do": "read"}, data, kind)
    return _pages(answer)


def open_at_the_door(data: bytes, kind: Kind) -> int:
    """How many pages a file of a stranger has, once its first page was drawn small.

    Raises:
        Illegible: it cannot be shown.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    _, answer = _ask({"do": "open"}, data, kind, AT_THE_DOOR)
    return _pages(answer)


def render_page(data: bytes, kind: Kind, page: int, width: int = A4_AT_150_DPI) -> bytes:
    """Page `page` (from 0) as JPEG, at most `width` pixels wide (100 to 2,000).

    Raises:
        Illegible: it cannot be shown.
        NoSuchPage: it has fewer pages.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    width = min(max(width, NARROWEST), WIDEST)
    _, picture = _ask({"do": "draw", "page": page, "width": width}, data, kind)
    return bytes(picture)


def words(data: bytes, kind: Kind) -> Words:
    """The text of a document, and which of its pages are only pictures.

    Raises:
        Illegible: it cannot be read.
        ChildUnavailable: nothing could be tried; later perhaps.
    """
    about, text = _ask({"do": "words"}, data, kind, AT_EASE)
    return Words(bytes(text).decode(errors="replace"), tuple(about["scans"]), bool(about["cut"]))


def _pages(answer: memoryview) -> int:
    try:
        return from_json(Reading, bytes(answer)).pages
    except BadForm as error:
        raise Illegible("damaged") from error


def _ask(
    question: dict[str, str | int], data: bytes, kind: Kind, limits: Limits | None = None
) -> tuple[dict[str, Any], memoryview]:
    if kind not in WORDED or (kind == Kind.TEXT and question["do"] != "words"):
        raise Illegible("unsupported")
    try:
        return unframed(call(CHILD, framed({**question, "kind": kind}, data), limits=limits or LIMITS))
    except Refused as refusal:
        if refusal.code == "no-page":
            raise NoSuchPage from refusal
        raise Illegible(refusal.code) from refusal
    except ChildFailed as failure:
        raise Illegible("damaged" if failure.reason == "crash" else "too-costly") from failure
