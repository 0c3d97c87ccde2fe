"""What was read in a file when it came in. Every text is short, on one line, without control characters."""

from __future__ import annotations

from dataclasses import dataclass

from portal.mail.jsonform import BadForm, from_json


@dataclass(frozen=True, slots=True)
class Identity:
    """The patient as a document says; `ins` stands under `oid`, `born` is YYYY-MM-DD, `sex` M, F or empty."""

    ins: str = ""
    oid: str = ""
    birth_name: str = ""
    first_names: str = ""
    born: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True)
class Professional:
    name: str = ""
    speciality: str = ""
    organisation: str = ""
    rpps: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of narrative: heading, paragraph or item of one cell, or the row of a table."""

    shape: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One document of health: its header, and either pages to look at or words to read.

    `written_at` is as ISO 8601 as the document was exact: a day, or a moment with or without an offset. `number`
    is the prescription's (mssante.md 6.1). `copy` is the SHA-256 of the picture of itself that it carries, which has
    `pages` pages. `warnings` are codes.
    """

    code: str = ""
    label: str = ""
    title: str = ""
    written_at: str = ""
    version: int = 1
    replaces: bool = False
    patient: Identity | None = None
    author: Professional | None = None
    authenticator: Professional | None = None
    number: str = ""
    copy: str = ""
    pages: int = 0
    blocks: tuple[Block, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """`pages` may be drawn, in order through all documents; with a `fault` there is nothing to show, and why."""

    pages: int = 0
    fault: str = ""
    documents: tuple[Document, ...] = ()
    warnings: tuple[str, ...] = ()


def reading_of(stored: str | None) -> Reading | None:
    """What was read when the file came in; None when nothing was."""
    try:
        return from_json(Reading, stored.encode()) if stored else None
    except BadForm:
        return None
