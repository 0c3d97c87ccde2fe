"""Find without reading: keyed tokens of words, and fingerprints of values (architecture: blind index)."""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice

from portal.vault.keys import current_keyring
from portal.vault.words import stem, without_key, words

TOKEN_BYTES, TOKEN_LETTERS = 6, 8
FINGERPRINT_LENGTH = 32
MOST_WORDS = 20_000  # of one field: a hostile text must not make a row that PostgreSQL refuses
SHORTEST_PREFIX, LONGEST_PREFIX = 3, 8
ROOT = 5  # letters of a long word that are kept of a body


class Field(StrEnum):
    """Where a word stands. The value enters the token: it never changes."""

    NAME = "n"
    SUBJECT = "s"
    BODY = "b"
    ADDRESS = "a"
    FILE = "f"
    REFERENCE = "r"
    CONTENT = "c"  # of a file


# Each beginning of a word is a token: these are short.
PREFIXED = frozenset({Field.NAME, Field.SUBJECT, Field.FILE})
# Of a long word only its first letters are: what was found is read before it is shown (adr/0018).
ROUGH = frozenset({Field.BODY, Field.CONTENT})
EVERYWHERE = frozenset(Field)


def tokens_for(fields: Mapping[Field, str]) -> list[str]:
    """The tokens to store for a text: a set, sorted, so that neither order nor number of the words shows."""
    return sorted(set(_tokens(term for field, text in fields.items() for term in _terms(field, text))))


def query_tokens(text: str, *, fields: Collection[Field] = EVERYWHERE) -> list[list[str]]:
    """What a query asks for: every group must be met, by one of its tokens.

    Beginnings of words are met from three letters on in names, subjects and file names, from five on in bodies and in
    what files contain. More is found than was asked for, never less: read it before you show it. Empty when no word
    of the query can be looked for: the page must then say so, not answer that nothing was found.
    """
    return [_tokens(_alternatives(word, fields)) for word in sorted(words(text))]


def tsvector_literal(tokens: Iterable[str]) -> str:
    """The tokens as PostgreSQL reads a tsvector: 'abc' 'def'."""
    return " ".join(f"'{token}'" for token in tokens)


def tsquery_literal(groups: Iterable[Iterable[str]]) -> str:
    """The groups of `query_tokens` as PostgreSQL reads a tsquery: ('abc' | 'def') & ('ghi')."""
    return " & ".join("(" + " | ".join(f"'{token}'" for token in group) + ")" for group in groups)


def fingerprint(purpose: str, value: str | bytes) -> str:
    """32 hexadecimal digits by which equal values are found in this pharmacy; two purposes never meet.

    The caller brings the value into its one form first (an INS without spaces, an address in lower case).
    """
    content = value.encode() if isinstance(value, str) else value
    keyed = hmac.new(current_keyring().index_subkey(b"fingerprint"), purpose.encode() + b"\0", "sha256")
    keyed.update(content)
    return keyed.hexdigest()[:FINGERPRINT_LENGTH]


def _terms(field: Field, text: str) -> Iterator[str]:
    for word in islice(words(text), MOST_WORDS):
        yield _kept(field, word)
        if (ins := without_key(word)) is not None:
            yield _whole(field, ins)
        if field in PREFIXED and word.isalpha():
            for length in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1):
                yield _beginning(field, word[:length])


def _alternatives(word: str, fields: Collection[Field]) -> Iterator[str]:
    for field in sorted(fields):
        yield _whole(field, word)
        if field in PREFIXED and word.isalpha() and len(word) >= SHORTEST_PREFIX:
            yield _beginning(field, word[:LONGEST_PREFIX])
        if field in ROUGH and word.isalpha():
            yield from (_beginning(field, each[:ROOT]) for each in {stem(word), word} if len(each) >= ROOT)


def _kept(field: Field, word: str) -> str:
    rough = field in ROUGH and word.isalpha() and len(stem(word)) >= ROOT
    return _beginning(field, stem(word)[:ROOT]) if rough else _whole(field, word)


def _whole(field: Field, word: str) -> str:
    return f"{field.value}={stem(word)}"


def _beginning(field: Field, letters: str) -> str:
    return f"{field.value}<{letters}"


def _tokens(terms: Iterable[str]) -> list[str]:
    """48 bits of HMAC-SHA-256 each: eight letters of base64."""
    keyed = hmac.new(current_keyring().index_subkey(b"search"), digestmod="sha256")
    bits = bytearray()
    for term in terms:
        one = keyed.copy()
        one.update(term.encode())
        bits += one.digest()[:TOKEN_BYTES]
    letters = b2a_base64(bits, newline=False).decode()
    return [letters[start : start + TOKEN_LETTERS] for start in range(0, len(letters), TOKEN_LETTERS)]
