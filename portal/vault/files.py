"""Keep sealed bytes in files: whole and on the disk before a row names them, swept when no row does."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from portal.lib.ids import uuid7
from tenants.context import current_pharmacy

# <pharmacy>/<two hexadecimal digits>/<file>
PATH = re.compile(r"[0-9a-f-]{36}/[0-9a-f]{2}/[0-9a-f-]{36}")
PATH_LENGTH = 36 + 1 + 2 + 1 + 36
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class BlobMissing(Exception):
    """The file that a row names is not there."""


def write_file(pieces: Iterable[bytes]) -> str:
    """Write a new file and return its path under BLOB_ROOT; it survives a power cut from then on.

    Raises:
        OSError: disk full or read-only; nothing is left behind.
    """
    name = str(uuid7())
    path = f"{current_pharmacy().id}/{name[-2:]}/{name}"
    target = Path(settings.BLOB_ROOT) / path
    _make_folder(target.parent)
    temporary = target.with_suffix(".part")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return path


@contextmanager
def open_file(path: str) -> Iterator[BinaryIO]:
    """Open a file of `write_file` for reading.

    Raises:
        BlobMissing: there is none at this path.
    """
    if not PATH.fullmatch(path):
        raise BlobMissing
    try:
        file = (Path(settings.BLOB_ROOT) / path).open("rb")
    except FileNotFoundError as error:
        raise BlobMissing from error
    with file:
        yield file


def sweep_orphans(known_paths: Collection[str], *, older_than: timedelta, now: datetime | None = None) -> int:
    """Remove this pharmacy's files that no row names, and return how many.

    `older_than` must exceed the longest transaction: a file is older than the row that will name it.
    """
    known, root = set(known_paths), Path(settings.BLOB_ROOT)
    limit = ((now or timezone.now()) - older_than).timestamp()
    removed = 0
    for file in _files_of(root, current_pharmacy().id):
        if file.relative_to(root).as_posix() not in known and file.stat().st_mtime < limit:
            file.unlink()
            removed += 1
    return removed


def _files_of(root: Path, pharmacy_id: UUID) -> Iterator[Path]:
    return (file for file in (root / str(pharmacy_id)).glob("[0-9a-f][0-9a-f]/*") if file.is_file())


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents; each new name is on the disk before anything is put in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
