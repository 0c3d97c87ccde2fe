"""Find the words of a query in text that was opened: whether they are there, where, and what stands around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from portal.vault.words import LetterByLetter, fold, stem

SHORTEST_BEGINNING = 3
# What stands before the first word found, and how much is shown in all.
BEFORE, LONGEST = 40, 160
FARTHEST = 200_000  # letters in which something is looked for to be marked
LETTERS = r"[^\W\d_]"
JOINED = {"oe": "(?:oe|œ)", "ae": "(?:ae|æ)", "ss": "(?:ss|ß)"}

Span = tuple[int, int]


class _Levelled(dict[int, str]):
    """Each letter as small and without its accent; what would become two letters stays one."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = fold(letter)
        self[code] = folded if len(folded) == 1 else letter
        return self[code]


_levelled = _Levelled()
_level = LetterByLetter(lambda text: text.translate(_levelled))


@dataclass(frozen=True)
class Excerpt:
    """A piece of a text, and where in it the words stand."""

    text: str
    spans: tuple[Span, ...]


class Sought:
    """Folded words, each in any of its forms or as a beginning, and phrases, word for word."""

    def __init__(
        self, words: Iterable[str] = (), phrases: Iterable[tuple[str, ...]] = (), *, numbers: bool = False
    ) -> None:
        """`numbers`: whether `all_in` looks for numbers too."""
        self.words = tuple(words)
        self.phrases = tuple(phrases)
        self._tested = tuple(word for word in self.words if numbers or word.isalpha())

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases)

    def all_in(self, texts: Iterable[str]) -> bool:
        """Whether every word and phrase stands somewhere in these folded texts.

        Numbers are left to their tokens, which stand for the whole of one, however it was spaced.
        """
        texts = list(texts)
        return all(any(holds(text, word) for text in texts) for word in self._tested) and all(
            any(_stands(_phrase(phrase), text) for text in texts) for phrase in self.phrases
        )

    def spans(self, text: str) -> list[Span]:
        """Where they stand in a text as it is shown, in order, none within another."""
        level = _level(text[:FARTHEST])
        found = sorted(set(self._found(level)))
        kept: list[Span] = []
        for start, end in found:
            if not kept or start >= kept[-1][1]:
                kept.append((start, end))
        return kept

    def excerpt(self, text: str) -> Excerpt | None:
        """The first place of a text where one stands, on one line; None where none does."""
        text = composed(text)
        spans = self.spans(text)
        if not spans:
            return None
        start = max(0, spans[0][0] - BEFORE)
        start = text.rfind(" ", 0, start) + 1 if start else 0
        piece = " ".join(text[start : start + 2 * LONGEST].split())[:LONGEST]
        piece = f"…{piece}" if start else piece
        return Excerpt(piece, tuple(self.spans(piece)))

    def _found(self, level: str) -> Iterator[Span]:
        for phrase in self.phrases:
            yield from _standing(_phrase(phrase), level)
        for word in self.words:
            yield from _places(level, word)


def composed(text: str) -> str:
    """With each accent in its letter, so that a letter is one place."""
    return unicodedata.normalize("NFC", text)


def holds(text: str, word: str) -> bool:
    """Whether a folded text has a word, in any form, or one that begins so."""
    return next(_places(text, word), None) is not None


def _places(level: str, word: str) -> Iterator[Span]:
    if not word.isalpha():
        yield from _standing(_literal(word), level)
        return
    root = stem(word)
    for each in _begins(word).finditer(level):
        if each.start() and level[each.start() - 1].isalpha():
            continue  # asked here and not in the pattern, which thus begins with what is quickly looked for
        found = fold(each[0])
        if (len(word) >= SHORTEST_BEGINNING and found.startswith(word)) or stem(found) == root:
            yield each.span()


def _standing(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Where it stands with no word going on before it.

    Asked here and not in the pattern, which thus begins with what is quickly looked for.
    """
    found = pattern.search(text)
    while found is not None:
        start, end = found.span()
        if start and text[start - 1].isalnum():
            found = pattern.search(text, start + 1)
        else:
            yield start, end
            found = pattern.search(text, end)


def _stands(pattern: re.Pattern[str], text: str) -> bool:
    return next(_standing(pattern, text), None) is not None


@lru_cache(maxsize=256)
def _begins(word: str) -> re.Pattern[str]:
    """All that may be a form of it: what it and its stem begin with, less the last letter, which may change."""
    root = stem(word)[:-1]
    common = next((n for n, (a, b) in enumerate(zip(root, word, strict=False)) if a != b), len(root))
    return re.compile(rf"{_letters(word[: max(common, 1)])}{LETTERS}*")


@lru_cache(maxsize=256)
def _literal(word: str) -> re.Pattern[str]:
    """A number, which people write with spaces, or letters with figures."""
    between = r"[ \xa0\u202f.-]?" if word.isdigit() else ""
    return re.compile(between.join(map(re.escape, word)))


@lru_cache(maxsize=256)
def _phrase(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"[\W_]+".join(map(_letters, words)) + r"(?![^\W_])")


def _letters(word: str) -> str:
    return re.sub("oe|ae|ss", lambda pair: JOINED[pair[0]], re.escape(word))
