"""Where a day's file comes from: a path, the newest file of a folder, or an address that is downloaded."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

TIMEOUT = 60.0  # of one read, in seconds
CHUNK = 1024 * 1024


class NoSource(Exception):
    """The file could not be had; the message says why, in French."""


@dataclass(frozen=True)
class Given:
    """A file, open and at its beginning, and the name under which it was given."""

    file: IO[bytes]
    name: str


@contextmanager
def given(source: str, *, most_bytes: int, authorities: str = "") -> Iterator[Given]:
    """Open `source`. What is downloaded comes over HTTPS alone, and is on disk only until it was read.

    `authorities`: a PEM file of those to believe (IGC-Santé); this machine's when empty.

    Raises:
        NoSource: nothing there, unreadable, or larger than `most_bytes`.
    """
    if not source:
        raise NoSource("Aucun fichier n’est indiqué, ni sur la ligne de commande ni dans la configuration.")
    if urlsplit(source).scheme in ("http", "https", "ftp", "file"):
        with tempfile.TemporaryFile() as file:
            name = _download(source, file, most_bytes, authorities)
            file.seek(0)
            yield Given(file, name)
        return
    with _opened(_newest(Path(source))) as file:
        yield Given(file, Path(file.name).name)


def _newest(path: Path) -> Path:
    """The file itself, or the newest one of a folder."""
    try:
        if not path.is_dir():
            return path
        found = [each for each in path.iterdir() if each.is_file() and not each.name.startswith(".")]
        return max(found, key=lambda each: (each.stat().st_mtime, each.name))
    except OSError as error:
        raise NoSource(f"Dossier illisible : {error.strerror}.") from error
    except ValueError as error:
        raise NoSource("Le dossier est vide.") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise NoSource(f"Fichier illisible : {error.strerror}.") from error
    with file:
        yield file


def _download(url: str, into: IO[bytes], most_bytes: int, authorities: str) -> str:
    if urlsplit(url).scheme != "https":
        raise NoSource("Le fichier n’est téléchargé que par HTTPS.")
    try:
        context = ssl.create_default_context(cafile=authorities or None)
        with urllib.request.urlopen(url, timeout=TIMEOUT, context=context) as answer:  # noqa: S310  (HTTPS)
            if urlsplit(answer.url).scheme != "https":  # it was led elsewhere
                raise NoSource("Le fichier n’est téléchargé que par HTTPS.")
            _copied(answer, into, most_bytes)
            return str(answer.headers.get_filename() or urlsplit(answer.url).path.rpartition("/")[2])
    except (OSError, HTTPException) as error:  # a refused certificate, a time-out, a status of 400 and more
        reason = getattr(error, "reason", None) or error
        raise NoSource(f"Le téléchargement a échoué : {reason}.") from error


def _copied(answer: IO[bytes], into: IO[bytes], most_bytes: int) -> None:
    shutil.copyfileobj(_Bounded(answer, most_bytes), into, CHUNK)


class _Bounded:
    """Reads no more than so many bytes: an endless answer does not fill the disk."""

    def __init__(self, answer: IO[bytes], most_bytes: int) -> None:
        self._answer, self._left = answer, most_bytes

    def read(self, size: int = CHUNK) -> bytes:
        chunk = self._answer.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise NoSource("Le fichier est trop gros.")
        return chunk
