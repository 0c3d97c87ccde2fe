"""The words by which a line of the directory is found: no accents, no case, each once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# In every address, so that looking for them would find everybody.
EVERYWHERE = frozenset({"mssante", "fr"})
# Beginnings of so many letters are counted when a file is loaded, and looked up in that count when somebody types.
SHORTEST_PREFIX, LONGEST_PREFIX = 3, 12

TITLES = frozenset({"dr", "docteur", "pr", "professeur", "m", "mr", "mme", "mlle", "monsieur", "madame"})
STEMS = {
    **{"generaliste": "general", "urgentiste": "urgenc", "anesthesiste": "anesthes", "radiologue": "radio"},
    **{"infirmiere": "infirmier", "pharmacienne": "pharmacien", "chirurgienne": "chirurgien"},
    **{"dieteticienne": "dieteticien", "opticienne": "opticien"},
}
# How a speciality ends when it is said of a person, and how much of it the file has too. No name ends so.
ENDINGS = (("logue", "log"), ("logues", "log"), ("iatre", "iatr"), ("iatres", "iatr"))

_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_WORD = re.compile(r"[a-z0-9]+")


def words_of(text: str) -> list[str]:
    """In their order, each once: « L’Haÿ-les-Roses » is l, hay, les, roses."""
    text = text.casefold().replace("œ", "oe").replace("æ", "ae")
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return list(dict.fromkeys(_WORD.findall(text)))


def asked_words(text: str) -> list[str]:
    """The words to look for when somebody typed this: titles say nothing, and trades are brought to their stem.

    The file says « Cardiologie », « Médecine Générale », « Infirmier »; one types cardiologue, généraliste, infirmière.
    """
    words = [word for word in words_of(text) if word not in EVERYWHERE]
    named = [word for word in words if word not in TITLES]
    return list(dict.fromkeys(map(_stem, named or words)))


def kept_words(parts: Iterable[str], postcode: str) -> str:
    """What Entry.words holds: the words of these parts, and the mark of the place, which nobody can type."""
    found = [word for word in words_of(" ".join(parts)) if word not in EVERYWHERE]
    return f" {' '.join((*found, *area_mark(postcode)))} "


def _stem(word: str) -> str:
    if word in STEMS:
        return STEMS[word]
    for said, written in ENDINGS:
        if word.endswith(said) and len(word) > len(said) + 2:
            return word.removesuffix(said) + written
    return word


def area_mark(postcode: str) -> tuple[str, ...]:
    """The department of a postcode, as a word: @58; Corsica is one, those overseas have three figures."""
    area = area_of(postcode)
    return (f"@{area}",) if area else ()


def area_of(postcode: str) -> str:
    """Two or three figures; nothing where there is no postcode."""
    return postcode[: 3 if postcode >= "97" else 2] if postcode[:2].isdigit() else ""
