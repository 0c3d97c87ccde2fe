"""The blanks of a template: what may be filled in, and how it is written. Nothing else gets into approved words.

`{heure}` and `{date}`, `{nombre}` and a few short words are typed. What is known fills itself: `{prénom}`, `{patient}`,
`{auteur}`, `{signature}`, and of the pharmacy `{pharmacie}`, `{téléphone}`, `{adresse}`, `{horaires}`. What follows the
first word tells two of a kind apart: `{heure de fermeture}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.lib.text import fold, many_lines, visible

LONGEST_WORDS = 40
MOST_DIGITS = 7  # a telephone number has more
MOST_WORDS = 3
EARLIEST, LATEST = timedelta(days=60), timedelta(days=400)
NBSP = "\N{NO-BREAK SPACE}"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)

MISSING = "À remplir."
BAD_TIME = "Écrivez l’heure ainsi : 9:30."
BAD_DATE = "Écrivez le jour ainsi : 30/11/2026."
FAR_DATE = "Ce jour est trop loin d’aujourd’hui."
BAD_NUMBER = "Écrivez un nombre de 0 à 999."
NOT_KNOWN = "« {} » n’est pas connu : le responsable l’écrit dans la console (Coordonnées, Horaires)."
TOO_LONG = f"{LONGEST_WORDS} caractères au plus."
NOT_PLAIN = "Quelques mots seulement : ni lien, ni adresse, ni numéro de téléphone, ni signe particulier."

_BLANK = re.compile(r"\{([^{}\n]{1,40})\}")
_EMPTY_NAME = re.compile(rf"[ {NBSP}]\0|\0")
_PLAIN = re.compile(r"[\w '’\-,./()%+°&]+")
_LINK = re.compile(r"www|https?|[^\W\d_]{2,}\.[^\W\d_]{2,}|//", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})\s*(?:h|:)\s*(\d{2})?")
_DATE = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2}))|(?:(\d{1,2})/(\d{1,2})/(\d{4}))")


class BlankKind(StrEnum):
    TIME = "time"
    DATE = "date"
    NUMBER = "number"
    WORDS = "words"
    GIVEN_NAME = "given-name"  # of the patient
    PATIENT = "patient"
    PHARMACY = "pharmacy"
    PHONE = "phone"
    ADDRESS = "address"
    HOURS = "hours"
    AUTHOR = "author"
    SIGNATURE = "signature"


_KINDS = {
    "heure": BlankKind.TIME,
    "date": BlankKind.DATE,
    "jour": BlankKind.DATE,
    "nombre": BlankKind.NUMBER,
    "prenom": BlankKind.GIVEN_NAME,
    "patient": BlankKind.PATIENT,
    "pharmacie": BlankKind.PHARMACY,
    "telephone": BlankKind.PHONE,
    "adresse": BlankKind.ADDRESS,
    "horaires": BlankKind.HOURS,
    "auteur": BlankKind.AUTHOR,
    "signature": BlankKind.SIGNATURE,
}
# Those of somebody may be unknown, and then leave no gap; the pharmacy's own must be known.
_NAMES = {BlankKind.GIVEN_NAME, BlankKind.PATIENT}
_OWN = {BlankKind.PHARMACY, BlankKind.PHONE, BlankKind.ADDRESS, BlankKind.HOURS}
_BY_ITSELF = {*_NAMES, *_OWN, BlankKind.AUTHOR, BlankKind.SIGNATURE}


class BadValue(Exception):
    """What was typed does not fit its blank; the message says why, in French."""


class BadTemplate(Exception):
    """The words of a template cannot be used; the message says why, in French."""


@dataclass(frozen=True)
class Blank:
    """One blank; `key` is its name folded, `label` as it is written."""

    key: str
    label: str
    kind: BlankKind


@dataclass(frozen=True)
class Facts:
    """What fills itself; empty what is not known."""

    given_name: str
    pharmacy: str
    patient: str = ""
    phone: str = ""
    address: str = ""
    hours: str = ""
    author: str = ""
    signature: str = ""

    def of(self, kind: BlankKind) -> str:
        return {
            BlankKind.GIVEN_NAME: self.given_name,
            BlankKind.PATIENT: self.patient or self.given_name,
            BlankKind.PHARMACY: self.pharmacy,
            BlankKind.PHONE: self.phone,
            BlankKind.ADDRESS: self.address,
            BlankKind.HOURS: self.hours,
            BlankKind.AUTHOR: self.author,
            BlankKind.SIGNATURE: self.signature or self.pharmacy,
        }[kind]


@dataclass(frozen=True)
class Filled:
    """A template with its blanks filled; `faults` by key, in French: then it may not leave."""

    text: str
    faults: Mapping[str, str]


def typed_blanks(text: str) -> tuple[Blank, ...]:
    """Those that a person fills in, each once, in order."""
    found = {blank.key: blank for blank in map(_blank, _BLANK.findall(text)) if blank.kind not in _BY_ITSELF}
    return tuple(found.values())


def kinds_in(text: str) -> set[BlankKind]:
    """Every kind of blank that is in it."""
    return {_blank(name).kind for name in _BLANK.findall(text)}


def check_template(text: str) -> str:
    """The words as they are kept.

    Raises:
        BadTemplate: a brace without its partner, or so many free words that they would be a message themselves.
    """
    kept = many_lines(text).strip()
    if not kept:
        raise BadTemplate("Le texte du modèle est vide.")
    if "{" in _BLANK.sub("", kept) or "}" in _BLANK.sub("", kept):
        raise BadTemplate("Il manque une accolade : un champ s’écrit {heure}.")
    words = [blank for blank in typed_blanks(kept) if blank.kind == BlankKind.WORDS]
    if len(words) > MOST_WORDS:
        raise BadTemplate(f"Pas plus de {MOST_WORDS} champs de mots libres par modèle.")
    return kept


def fill(text: str, values: Mapping[str, str], facts: Facts, *, today: date) -> Filled:
    """Fill the blanks of `text`; one that is empty or wrong shows its name in brackets."""
    faults: dict[str, str] = {}

    def written(found: re.Match[str]) -> str:
        blank = _blank(found[1])
        if blank.kind in _BY_ITSELF:
            known = facts.of(blank.kind)
            if not known and blank.kind in _OWN:
                faults[blank.key] = NOT_KNOWN.format(blank.label)
                return f"[{blank.label}]"
            return known or "\0"
        try:
            return read_value(blank.kind, values.get(blank.key, ""), today=today)
        except BadValue as error:
            faults[blank.key] = str(error)
            return f"[{blank.label}]"

    return Filled(_EMPTY_NAME.sub("", _BLANK.sub(written, text)), faults)


def read_value(kind: BlankKind, typed: str, *, today: date) -> str:
    """What was typed, as it is written in the message.

    Raises:
        BadValue: it is empty, or no such thing.
    """
    value = visible(typed)
    if not value:
        raise BadValue(MISSING)
    return _READERS[kind](value, today)


def _time(value: str, today: date) -> str:
    found = _TIME.fullmatch(value.lower())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise BadValue(BAD_TIME)
    return f"{hour}{NBSP}h" + (f"{NBSP}{minute:02}" if minute else "")


def _date(value: str, today: date) -> str:
    found = _DATE.fullmatch(value)
    if not found:
        raise BadValue(BAD_DATE)
    year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    try:
        meant = date(int(year), int(month), int(day))
    except ValueError as error:
        raise BadValue(BAD_DATE) from error
    if not today - EARLIEST <= meant <= today + LATEST:
        raise BadValue(FAR_DATE)
    first = "1er" if meant.day == 1 else str(meant.day)
    year = "" if meant.year == today.year else f"{NBSP}{meant.year}"
    return f"{DAYS[meant.weekday()]} {first}{NBSP}{MONTHS[meant.month - 1]}{year}"


def _number(value: str, today: date) -> str:
    if not (value.isascii() and value.isdigit() and len(value) <= 3):
        raise BadValue(BAD_NUMBER)
    return str(int(value))


def _words(value: str, today: date) -> str:
    if len(value) > LONGEST_WORDS:
        raise BadValue(TOO_LONG)
    digits = sum(letter.isdigit() for letter in value)
    if not _PLAIN.fullmatch(value) or _LINK.search(value) or digits > MOST_DIGITS:
        raise BadValue(NOT_PLAIN)
    return value


_READERS: dict[BlankKind, Callable[[str, date], str]] = {
    BlankKind.TIME: _time,
    BlankKind.DATE: _date,
    BlankKind.NUMBER: _number,
    BlankKind.WORDS: _words,
}


def _blank(name: str) -> Blank:
    label = " ".join(name.split())
    key = fold(label)
    return Blank(key, label, _KINDS.get(key.partition(" ")[0], BlankKind.WORDS))
