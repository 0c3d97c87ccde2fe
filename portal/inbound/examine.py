"""Understand a mail and look into its files, without the database: runs beside the filing of the one before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings

from portal.conversations.actions import NewFile
from portal.conversations.models import ScanState
from portal.documents import rendering
from portal.documents.antivirus import Verdict, scan
from portal.documents.readings import Reading
from portal.documents.rendering import DRAWN, STRUCTURED
from portal.documents.sniff import Kind, kind_of, why_not
from portal.mail import parsed
from portal.mail.jsonform import to_json
from portal.mail.reading import extract_confined, read

# What one mail may hold up the next one for; files not looked at by then are looked at later.
FILES_SECONDS = 30.0

Row = TypeVar("Row")


@dataclass(frozen=True)
class Examined:
    """A mail as read, and its files with what they are."""

    mail: parsed.ParsedMail
    files: tuple[NewFile, ...]


@dataclass(frozen=True)
class Looked:
    """What one file is; `reading` as in Attachment."""

    kind: Kind
    scan: ScanState
    reading: str | None = None


def examine(raw: bytes) -> Examined:
    """Read a mail and its files in the confined child.

    Raises:
        Unreadable: for good.
        ChildUnavailable: for now.
    """
    mail = read(raw)
    ends = time.monotonic() + FILES_SECONDS
    return Examined(mail, tuple(_file(raw, file, ends) for file in mail.attachments))


def look_into(raw: bytes, *, part: str, name: str, declared_type: str = "") -> Looked:
    """What the file at `part` is by its content, what the antivirus says of it, and what there is to see in it.

    Raises:
        ChildUnavailable: for now.
    """
    try:
        data = extract_confined(raw, part)
    except (parsed.NoSuchPart, parsed.Unreadable):
        return Looked(Kind.OTHER, ScanState.UNSCANNED)
    kind, state = kind_of(data, declared_type, name), _scanned(data)
    return Looked(kind, state, _read(data, kind, name) if state != ScanState.INFECTED else None)


def _read(data: bytes, kind: Kind, name: str) -> str | None:
    """A Reading as JSON; None for kinds of which nothing is shown and nothing need be said."""
    if kind in DRAWN | STRUCTURED:
        return to_json(rendering.read(data, kind)).decode()
    why = why_not(data, kind, name)
    return to_json(Reading(fault=why)).decode() if why else None


def ahead(rows: Iterable[tuple[Row, bytes]]) -> Iterator[tuple[Row, Future[Examined]]]:
    """Each row with its mail being read; while the caller files one, the next is read. At most two are held."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="examine") as reader:
        before: tuple[Row, Future[Examined]] | None = None
        for row, raw in rows:
            reading = reader.submit(examine, raw)
            if before:
                yield before
            before = row, reading
        if before:
            yield before


def _file(raw: bytes, file: parsed.Attachment, ends: float) -> NewFile:
    if time.monotonic() > ends:
        seen = Looked(Kind.OTHER, ScanState.PENDING)
    else:
        seen = look_into(raw, part=file.part, name=file.name, declared_type=file.declared_type)
    return NewFile(
        file.part, file.name, seen.kind, file.size, file.digest, file.inline, seen.scan, seen.reading
    )


def _scanned(data: bytes) -> ScanState:
    """A scanner that gave no verdict is asked again; where there is none, nothing is waited for."""
    verdict = scan(data)
    if verdict == Verdict.UNSCANNED and settings.ANTIVIRUS.startswith("clamd"):
        return ScanState.PENDING
    return ScanState(verdict)
