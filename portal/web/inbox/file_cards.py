"""What the templates show of a file, and of a document of health (CDA) in it: plain values, ready to be escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

FileState = Literal["shown", "download", "illegible", "waiting", "blocked"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of its words: `shape` is heading, paragraph, list or table; `rows` are its lines, cell by cell."""

    shape: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HealthCard:
    """One document: about whom, by whom, and what is doubtful about it.

    `ins` is the bare matricule. `born` and `written` are as a pharmacist writes them, `day` is without the hour.
    `version` is empty for a first one. `number` is the prescription's, for the pharmacy's software. `passages` are
    its words, when it has no pages.
    """

    code: str
    title: str
    names: str = ""
    born: str = ""
    ins: str = ""
    author: str = ""
    about: str = ""
    written: str = ""
    day: str = ""
    version: str = ""
    number: str = ""
    warnings: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachmentCard:
    """One file of a message, in place or by name.

    `shown`: `page_urls` are pictures on the content host, in order. `download`: no preview. `illegible`: broken or
    hostile. `waiting`: the antivirus has not answered. `blocked`: refused. `words` says why when it is not shown.
    When there are more of its `count` pages, `pages_url` answers `_piece.html` with them, once it comes into
    view. `documents` are what was read in it, if it is structured health mail; `copy_url` is its PDF alone.
    `found` says that a search found something in it.
    """

    id: UUID
    name: str
    kind: str
    size: int
    at: datetime
    state: FileState
    words: str = ""
    page_urls: tuple[str, ...] = ()
    pages_url: str = ""
    download_url: str = ""
    count: int = 0
    documents: tuple[HealthCard, ...] = ()
    copy_url: str = ""
    found: str = ""

    @property
    def left_out(self) -> bool:
        """Whether a document is longer than anybody would leaf through here."""
        return not self.pages_url and self.count > len(self.page_urls) > 0

    @property
    def icon(self) -> str:
        """The name in icons.svg: a photo, a paper, an archive."""
        return {"Photo": "image", "Archive": "folder-archive"}.get(self.kind, "file-text")
