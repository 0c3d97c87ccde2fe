"""Check a FINESS number: who an establishment is for the French health system (mssante 4.3)."""

from __future__ import annotations

import re

FORM = re.compile(r"[0-9][0-9AB][0-9]{7}")
LETTERS = {"A": 1, "B": 2}  # Corsica's departments, 2A and 2B


class WrongFiness(ValueError):
    """Not a FINESS number; the message says in French what is wrong."""


def checked_finess(typed: str) -> str:
    """The number in its one form, nine characters, the last of which is a Luhn key.

    Raises:
        WrongFiness: wrong length, wrong characters, or a digit that was mistyped.
    """
    number = re.sub(r"[\s.]", "", typed).upper()
    if not FORM.fullmatch(number):
        raise WrongFiness(
            f"« {typed} » n’est pas un numéro FINESS : il a 9 chiffres (en Corse, le deuxième est A ou B)."
        )
    if _luhn(number) % 10:
        raise WrongFiness(
            f"Le numéro FINESS {number} contient une faute de frappe : sa clé ne tombe pas juste."
        )
    return number


def _luhn(number: str) -> int:
    total = 0
    for place, character in enumerate(reversed(number)):
        digit = LETTERS.get(character) or int(character, 10)
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total
