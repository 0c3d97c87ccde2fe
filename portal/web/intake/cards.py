"""What the form's templates show: frozen cards of plain values; of a page nothing but that it is there.

=============================  =========================================================================
template                       context beside `pharmacy`
=============================  =========================================================================
`intake/form.html`             `form` (RequestForm), `basket: Basket`, `token`, `notice`, `fault`
`intake/_pages.html`           `basket`; also alone, when a browser sent one page by itself
`intake/closed.html`           `hours`
`intake/received.html`         `track: TrackCard`
`intake/track.html`            `form` (TrackForm), `fault`
`intake/tracking.html`         `track: TrackCard`, `refused`, `fault`
=============================  =========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.intake.examining import MOST_BYTES, MOST_FILES, Why
from portal.intake.models import Upload
from portal.web.intake.words import REFUSED, StageWords


@dataclass(frozen=True, slots=True)
class PageCard:
    """« page 2, 1,3 Mo, reçue à 10:42 »; it is never served back."""

    id: UUID
    number: int
    size: int
    pages: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """Which file was not taken, and why."""

    name: str
    words: object


@dataclass(frozen=True, slots=True)
class Basket:
    """The pages of a request that is being filled in, what was refused, and what is missing."""

    pages: tuple[PageCard, ...] = ()
    refused: tuple[RefusedFile, ...] = ()
    missing: object = ""

    @property
    def full(self) -> bool:
        return len(self.pages) >= MOST_FILES or sum(page.size for page in self.pages) >= MOST_BYTES

    @property
    def wrong(self) -> bool:
        return bool(self.refused or self.missing)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the team answered, and when it could be read here."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class TrackCard:
    """A request as its patient follows it."""

    reference: str
    who: str
    stage: StageWords
    sent_at: datetime
    until: datetime
    pages: int
    remark: str
    answers: tuple[Answer, ...]
    may_change: bool
    told_by_email: bool


def page_cards(uploads: list[Upload]) -> tuple[PageCard, ...]:
    return tuple(
        PageCard(upload.pk, number, upload.size, upload.pages, upload.received_at)
        for number, upload in enumerate(uploads, 1)
    )


def refused_file(name: str, why: Why) -> RefusedFile:
    return RefusedFile(name, REFUSED[why])
