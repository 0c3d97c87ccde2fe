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
from portal.documents.antivirus import Verdict, scan
from portal.documents.sniff import Kind, kind_of
from portal.mail import parsed
from portal.mail.reading import extract_confined, read

# What one mail may hold up the next one for; files not looked at by then are looked at later.
FILES_SECONDS = 30.0

Row = TypeVar("Row")


@dataclass(frozen=True)
class Examined:
    """A mail as read, and its files with what they are."""

    mail: parsed.ParsedMail
    files: tuple[NewFile, ...]


def examine(raw: bytes) -> Examined:
    """Read a mail and its files in the confined child.

    Raises:
        Unreadable: for good.
        ChildUnavailable: for now.
    """
    mail = read(raw)
    ends = time.monotonic() + FILES_SECONDS
    return Examined(mail, tuple(_file(raw, file, ends) for file in mail.attachments))


def look_into(raw: bytes, *, part: str, name: str, declared_type: str = "") -> tuple[Kind, ScanState]:
    """What the file at `part` is by its content, and what the antivirus says of it.

    Raises:
        ChildUnavailable: for now.
    """
    try:
        data = extract_confined(raw, part)
    except (parsed.NoSuchPart, parsed.Unreadable):
        return Kind.OTHER, ScanState.UNSCANNED
    return kind_of(data, declared_type, name), _scanned(data)


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
        kind, state = Kind.OTHER, ScanState.PENDING
    else:
        kind, state = look_into(raw, part=file.part, name=file.name, declared_type=file.declared_type)
    return NewFile(file.part, file.name, kind, file.size, file.digest, file.inline, state)


def _scanned(data: bytes) -> ScanState:
    """A scanner that gave no verdict is asked again; where there is none, nothing is waited for."""
    verdict = scan(data)
    if verdict == Verdict.UNSCANNED and settings.ANTIVIRUS.startswith("clamd"):
        return ScanState.PENDING
    return ScanState(verdict)
