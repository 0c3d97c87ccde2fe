"""Cut French text into the stems that search compares."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

import snowballstemmer

LONGEST = 40  # what is longer is no word: base64, an address of a web page
WORD = re.compile(r"[^\W_]+")
PIECE = re.compile(r"\d+|[^\W\d_]+")
ACCENT = re.compile("[\u0300-\u036f]+")
# Numbers that people write with spaces, and that are one word: INS (13 or 15 characters), telephone.
SPACED = re.compile(
    r"(?<![^\W_])(?:"
    r"[1-478][ \xa0]?\d\d[ \xa0]?\d\d[ \xa0]?(?:\d\d|2[ab])[ \xa0]?\d{3}[ \xa0]?\d{3}(?:[ \xa0]?\d\d)?"
    r"|(?:\+33[ \xa0.]?|0)[1-9](?:[ \xa0.-]?\d\d){4}"
    r")(?![^\W_])"
)
INS_WITH_KEY = re.compile(r"[1-478]\d{4}(?:\d\d|2[ab])\d{8}")
EMPTY_WORDS = (
    "ai aie aient ait alors as au aucun aura aurait aussi aux avait avant avec avez avoir avons car ce "
    "cela celle ces cet cette ceux chez ci comme comment dans de des deux donc dont du elle elles en "
    "encore entre es est et etaient etait etant etes etre eu fait fut ici il ils je jusqu la le les "
    "leur leurs lors lorsqu lui ma mais me mes mme moi mon mr ne ni nos notre nous on ont ou par parce "
    "pas peu peut plus pour pourquoi puis puisqu qu quand que quel quelle quelles quels qui quoi sa "
    "sans se sera serait ses si soit son sont sous sur ta te tes toi ton tous tout toute toutes tres tu "
    "un une vers vos votre vous"
)
STOP_WORDS = frozenset(EMPTY_WORDS.split())

_stemmer = snowballstemmer.stemmer("french")
_stemming = threading.Lock()  # a stemmer keeps the word it works on


def fold(text: str) -> str:
    """Lower case without accents. `lib.text.fold` is for one line; this one is for whole mails."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = folded.replace("œ", "oe").replace("æ", "ae")
    return _without_accents(folded)


class LetterByLetter:
    """A change of each letter of a text by itself, such as taking its accent off.

    Nearly every French mail is of WESTERN letters alone, and a table of bytes takes a fraction of the time.
    """

    WESTERN, OTHER = "cp1252", 0x81  # a byte that stands for no letter there

    def __init__(self, change: Callable[[str], str]) -> None:
        self._change = change
        self._table = bytes(map(self._changed, range(256)))

    def __call__(self, text: str) -> str:
        try:
            changed = text.encode(self.WESTERN).translate(self._table)
        except UnicodeEncodeError:
            return self._change(text)
        return self._change(text) if self.OTHER in changed else changed.decode(self.WESTERN)

    def _changed(self, byte: int) -> int:
        """OTHER where it becomes no one letter of WESTERN."""
        letter = bytes([byte]).decode(self.WESTERN, errors="ignore")
        changed = self._change(letter).encode(self.WESTERN, errors="ignore")
        return changed[0] if len(changed) == len(letter) == 1 else self.OTHER


_without_accents = LetterByLetter(lambda folded: ACCENT.sub("", unicodedata.normalize("NFKD", folded)))


def words(text: str) -> set[str]:
    """The words of a text, folded, without single letters and words that say nothing.

    “l’ordonnance” gives one word, “5mg” two; an INS or a telephone number is one, however it was spaced.
    """
    return set(_words(SPACED.sub(_close_up, fold(text)))) - STOP_WORDS


def without_key(word: str) -> str | None:
    """The 13 characters of an INS written with its key, by which it is looked for too."""
    return word[:13] if len(word) == 15 and INS_WITH_KEY.fullmatch(word) else None


@lru_cache(maxsize=32_768)
def stem(word: str) -> str:
    """What the forms of a folded word have in common, by the French Snowball algorithm."""
    if not word.isalpha():
        return word
    if word.endswith(("ee", "ees")):  # “signalée”: without its accent Snowball does not know the ending
        word = word.rstrip("s")[:-1]
    with _stemming:
        return str(_stemmer.stemWord(word))


def _words(folded: str) -> Iterator[str]:
    for run in set(WORD.findall(folded)):
        if len(run) > LONGEST or (len(run) == 1 and run.isalpha()):
            continue
        if run.isalpha() or run.isdigit() or INS_WITH_KEY.fullmatch(run):
            yield run
        else:
            yield from _pieces(run)


def _pieces(run: str) -> Iterator[str]:
    """Letters and figures apart, so that “5mg” meets “5 mg”; “b12” stays whole beside its pieces."""
    pieces = PIECE.findall(run)
    yield from (piece for piece in pieces if len(piece) > 1 or piece.isdigit())
    if any(len(piece) == 1 and piece.isalpha() for piece in pieces):
        yield run


def _close_up(spaced: re.Match[str]) -> str:
    number = "".join(filter(str.isalnum, spaced[0]))
    return "0" + number[2:] if spaced[0].startswith("+33") else number
