"""Two hundred words that must never be readable where they were not sealed, and the places to look for them."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from django.db import connections

LETTERS = "abcdefghijkmnpqrstuvwxyz"
TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND (n.nspname = 'public' OR n.nspname LIKE 't\\_%')
"""


@dataclass(frozen=True)
class Letter:
    """What one correspondent says; every field is a canary of its own."""

    name: str
    ins: str
    subject: str
    body: str
    file: str

    @property
    def words(self) -> tuple[str, ...]:
        return (self.name, self.ins, self.subject, self.body, self.file)


@dataclass(frozen=True)
class Answers:
    """What the team writes, and what else comes in; again a canary each."""

    quarantined: str
    draft: str
    reply: str
    file: str
    in_file: str
    note: str
    subject: str
    closed: str
    unknown: str


def answers(seed: int = 12) -> Answers:
    chance = random.Random(seed)
    return Answers(*(_word(chance) for _ in fields(Answers)))


def letters(count: int, seed: int = 11) -> list[Letter]:
    chance = random.Random(seed)
    return [
        Letter(_word(chance), _ins(chance), _word(chance), _word(chance), _word(chance)) for _ in range(count)
    ]


def _word(chance: random.Random) -> str:
    return "zz" + "".join(chance.choice(LETTERS) for _ in range(14))


def _ins(chance: random.Random) -> str:
    """A matricule with a good key (97 - NIR mod 97)."""
    born = f"{chance.choice('12')}{chance.randrange(30, 99)}{chance.randrange(1, 13):02d}"
    body = f"{born}58{chance.randrange(10**6):06d}"
    return f"{body}{97 - int(body) % 97:02d}"


def found_in(content: bytes, words: Iterable[str]) -> list[str]:
    """The words that stand in the bytes, in any of the dresses in which they could lie there."""
    low = content.lower()
    return [word for word in words if any(dress in low for dress in _dresses(word))]


def _dresses(word: str) -> Iterator[bytes]:
    """Plain, in hexadecimal, in UTF-16 and in base64 wherever it begins (lower case, as the content is)."""
    plain = word.encode()
    yield from (plain, plain.hex().encode(), word.encode("utf-16-le"))
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield encoded[4 if shift else 0 : len(plain) * 4 // 3 - 2].lower()


def database() -> Iterator[tuple[str, bytes]]:
    """Every table of every pharmacy and of `public`, as PostgreSQL would dump it in binary."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                yield table, b"".join(bytes(piece) for piece in copy)


def folder(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(root)), path.read_bytes()
