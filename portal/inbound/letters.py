"""Find the messages in files and folders to import: .eml, mbox (RFC 4155), Maildir."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal.inbound.importing import TooLarge

FROM = b"From "
LONGEST_LINE = 65_536  # what is longer is read in pieces
QUOTED = re.compile(rb"(?m)^>(>*From )")
MAILDIR = ("cur", "new")


@dataclass(frozen=True)
class Letter:
    """One message: a whole file, or the bytes from `start` to `end` of an mbox, the `number`th in it."""

    path: Path
    number: int = 0
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.path}#{self.number}" if self.number else str(self.path)

    def read(self) -> bytes:
        """Its bytes; of an mbox without the `>` that stands before lines beginning with From.

        Raises:
            OSError: it cannot be read.
            TooLarge: more bytes than a message may have here.
        """
        if not self.number:
            return self.path.read_bytes()
        if self.end - self.start > settings.MAX_FETCH_BYTES:
            raise TooLarge
        with self.path.open("rb") as file:
            file.seek(self.start)
            return QUOTED.sub(rb"\1", file.read(self.end - self.start))


def letters_in(paths: Iterable[Path]) -> Iterator[Letter]:
    """Files as named, and what the folders hold: .eml, .mbox, and the messages of Maildirs; in order of names."""
    for path in paths:
        if not path.is_dir():
            yield from _of_file(path)
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file() and (file.suffix.lower() in {".eml", ".mbox"} or _in_maildir(file)):
                yield from _of_file(file)


def _in_maildir(file: Path) -> bool:
    """Whether a program delivered it: in `cur` or `new`, beside each other; what is in `tmp` is not whole."""
    return file.parent.name in MAILDIR and all(file.parent.parent.joinpath(name).is_dir() for name in MAILDIR)


def _of_file(path: Path) -> Iterator[Letter]:
    if _is_mbox(path):
        yield from _of_mbox(path)
    else:
        yield Letter(path)


def _is_mbox(path: Path) -> bool:
    """A file that cannot be opened is no mbox: its reading says why."""
    try:
        with path.open("rb") as file:
            return file.read(len(FROM)) == FROM
    except OSError:
        return False


def _of_mbox(path: Path) -> Iterator[Letter]:
    """Each message begins after a line From, which itself follows an empty line or nothing."""
    number, start, position = 0, 0, 0
    empty, line_start = True, True
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            if line_start and empty and line.startswith(FROM):
                if number:
                    yield Letter(path, number, start, position)
                number, start = number + 1, position + len(line)
            empty = line_start and line in (b"\n", b"\r\n")
            line_start = line.endswith(b"\n")
            position += len(line)
    yield Letter(path, number, start, position)
