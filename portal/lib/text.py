"""Make strangers' text safe to show on one line and easy to compare."""

from __future__ import annotations

import re
import unicodedata

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
ZERO_WIDTH = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\uffa0"

_BREAKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_BIDI = re.compile(f"[{BIDI}]")
_INVISIBLE = re.compile(f"[{BIDI}{ZERO_WIDTH}]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "\u00a0": " ", "\u202f": " "})


def storable(text: str) -> str:
    """Text that UTF-8 and PostgreSQL accept: half surrogate pairs joined or replaced, no NUL."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def one_line(text: str, limit: int) -> str:
    """At most `limit` characters on one line: controls are spaces, what reverses reading order is gone."""
    return _BIDI.sub("", _BREAKS.sub(" ", storable(text))).strip()[:limit]


def many_lines(text: str) -> str:
    """Storable text with plain newlines, tabs kept, other controls gone."""
    return _CONTROLS.sub("", storable(text).replace("\r\n", "\n").replace("\r", "\n"))


def visible(text: str) -> str:
    """One line without any invisible character, in composed form: for names that must not deceive."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", storable(text)))
    return _BREAKS.sub(" ", text).strip()


def fold(text: str) -> str:
    """Lower case without accents, spaces made one: two writings of the same words compare equal."""
    text = text.casefold().translate(_LIGATURES)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.split())
