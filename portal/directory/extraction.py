"""Read the daily extraction of the Annuaire Santé: 31 columns, plain or zipped, one line at a time (mssante 4.2)."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, NamedTuple
from zoneinfo import ZoneInfo

from portal.directory.words import kept_words
from portal.lib.text import one_line
from portal.mail.addresses import BadAddress, check_outgoing, key_of

PARIS = ZoneInfo("Europe/Paris")
COLUMNS = 31
LONGEST_LINE = 20_000
HEADER = (
    *("Type de BAL", "Adresse BAL", "Type Identifiant PP", "Identifiant PP"),
    *("Identification nationale PP", "Type identifiant structure", "Identification Structure"),
    *("Service de rattachement", "Civilité d'exercice", "Nom d'exercice", "Prénom d'exercice"),
    *("Catégorie profession", "Libellé de catégorie profession", "Code Profession", "Libellé Profession"),
    *("Code savoir-faire", "Libellé savoir-faire", "Dématérialisation", "Raison Sociale structure BAL"),
    *("Enseigne commerciale structure BAL", "L2COMPLEMENTLOCALISATION structure BAL"),
    *("L3COMPLEMENTDISTRIBUTION structure BAL", "L4NUMEROVOIE structure BAL"),
    *("L4COMPLEMENTNUMEROVOIE structure BAL", "NL4TYPEVOIE structure BAL", "L4LIBELLEVOIE structure BAL"),
    *("L5LIEUDITMENTION structure BAL", "L6LIGNEACHEMINEMENT structure BAL"),
    *("Code postal structure BAL", "Département structure BAL", "Pays structure BAL"),
)
_STAMP = re.compile(r"(20\d{10})(?:\d{2})?(?=\D*$)")


class BadExtraction(ValueError):
    """The file is no usable extraction; the message says why, in French."""


class Row(NamedTuple):
    """A line as it is stored: the columns of Entry, without its id, in their order."""

    address: str
    kind: str
    title: str
    last_name: str
    first_name: str
    rpps: str
    profession: str
    speciality: str
    structure: str
    service: str
    street: str
    postcode: str
    town: str
    words: str
    digest: int


@dataclass
class Extraction:
    """A file that is being read. `left_out` counts lines whose address nobody can write to, `broken` damaged ones."""

    name: str
    lines: Iterator[str]
    published_at: datetime | None = None
    most_broken: int = 0
    left_out: int = 0
    broken: int = 0
    number: int = field(default=1, init=False)

    def rows(self) -> Iterator[Row]:
        """Raises BadExtraction, at the end too: what was read until then is not to be used."""
        try:
            yield from self._rows()
        except UnicodeDecodeError as error:
            raise BadExtraction(f"Le fichier n’est pas en UTF-8, vers la ligne {self.number}.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BadExtraction(f"L’archive est abîmée, vers la ligne {self.number}.") from error

    def _rows(self) -> Iterator[Row]:
        _check_header(next(self.lines, ""))
        for line in self.lines:
            self.number += 1
            whole = line.endswith("\n")
            cells = line.rstrip("\r\n").split("|")
            if len(cells) != COLUMNS or "\0" in line:
                self._count_broken(whole=whole)
                continue
            # What is printable has no control and nothing that reverses reading: most lines need no cleaning.
            clean = (
                cells if "".join(cells).isprintable() else [one_line(cell, LONGEST_LINE) for cell in cells]
            )
            row = read_row(clean)
            if row is None:
                self.left_out += 1
            else:
                yield row

    def _count_broken(self, *, whole: bool) -> None:
        self.broken += 1
        if not whole:
            raise BadExtraction(f"Le fichier est coupé : la ligne {self.number} n’est pas finie.")
        if self.broken > self.most_broken:
            raise BadExtraction(f"La ligne {self.number} n’a pas {COLUMNS} colonnes.")


def read_row(cells: list[str]) -> Row | None:
    """None when the address is none that mail can be sent to."""
    cells = [cell.strip()[:300] for cell in cells]
    try:
        address = key_of(check_outgoing(cells[1]))
    except BadAddress:
        return None
    structure, sign = cells[18] or cells[19], cells[19] if cells[19] != cells[18] else ""
    postcode, town = _place(cells[28], cells[27])
    street = " ".join(filter(None, (*cells[22:26], cells[26])))
    who = (cells[9], cells[10], cells[14], cells[16])
    # In this order: how far in a word stands tells what it is (search.py).
    where = (cells[18], sign, cells[7], town, postcode, cells[20], street, cells[1])
    return Row(
        address=address,
        kind=cells[0][:8],
        title=cells[8][:20],
        last_name=cells[9][:200],
        first_name=cells[10][:200],
        rpps=cells[3][:40],
        profession=cells[14][:200],
        speciality=cells[16],
        structure=structure,
        service=cells[7],
        street=street[:300],
        postcode=postcode[:10],
        town=town[:200],
        words=kept_words((*who, *where), postcode),
        digest=_digest(cells),
    )


def opened(file: IO[bytes], name: str, *, most_bytes: int, most_broken: int = 0) -> Extraction:
    """The extraction in a file, plain or as the one text file of a ZIP archive; nothing of it is read yet.

    Raises:
        BadExtraction: it is neither.
    """
    start = file.read(4)
    file.seek(0)
    if start.startswith(b"PK"):
        file, name = _unzipped(file, most_bytes)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="\n")
    return Extraction(name, _bounded(text, most_bytes), published(name), most_broken)


def published(name: str) -> datetime | None:
    """The moment that a file's name carries, YYYYMMDDhhmm, on the clock of Paris."""
    found = _STAMP.search(name)
    if not found:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M").replace(tzinfo=PARIS)
    except ValueError:
        return None


def _unzipped(file: IO[bytes], most_bytes: int) -> tuple[IO[bytes], str]:
    try:
        archive = zipfile.ZipFile(file)
        inner = [each for each in archive.infolist() if not each.is_dir()]
        if len(inner) != 1:
            raise BadExtraction("L’archive ne contient pas un seul fichier.")
        if inner[0].file_size > most_bytes:
            raise BadExtraction("Le fichier de l’archive est trop gros.")
        return archive.open(inner[0]), inner[0].filename
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadExtraction("L’archive ZIP est abîmée.") from error


def _bounded(text: io.TextIOWrapper, most_bytes: int) -> Iterator[str]:
    """Lines, none of them endless, and no more than so many characters in all."""
    left = most_bytes
    while line := text.readline(LONGEST_LINE):
        left -= len(line)
        if left < 0:
            raise BadExtraction("Le fichier est trop gros pour un annuaire.")
        yield line


def _check_header(line: str) -> None:
    names = tuple(" ".join(name.replace("’", "'").split()) for name in line.split("|"))
    if names != HEADER:
        raise BadExtraction(f"La première ligne n’est pas celle des {COLUMNS} colonnes attendues.")


def _place(postcode: str, last_line: str) -> tuple[str, str]:
    """Postcode and town; the last line of an address, « 58000 NEVERS », gives what its own column lacks."""
    first, _, rest = last_line.partition(" ")
    if len(first) == 5 and first[:2].isdigit():
        return postcode or first, rest.strip()
    return postcode, last_line


def _digest(cells: list[str]) -> int:
    content = "|".join(cells).encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)
