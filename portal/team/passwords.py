"""The rule of passwords (CNIL 2022-100), and a sentence that says what is missing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.password_validation import CommonPasswordValidator

LONGEST = 128
FOUR_KINDS, THREE_KINDS, PHRASE_WORDS = 12, 14, 7
# What must be left once the words anybody would try are taken out.
ENOUGH_LEFT, ENOUGH_DIFFERENT = 8, 6
KINDS = {"une minuscule": "lower", "une majuscule": "upper", "un chiffre": "digit", "un signe": "sign"}
GUESSED = (
    *("officinal", "mssante", "pharmacie", "pharmacien", "messagerie", "officine", "ordonnance", "sante"),
    *("motdepasse", "bienvenue", "bonjour", "azerty", "qwerty", "qsdfgh", "12345", "abcde"),
)
LEET = str.maketrans("013457@$", "oieastas")
RULE = "12 caractères de quatre sortes, 14 de trois sortes, ou une phrase de 7 mots"


class WeakPassword(Exception):
    """A password is refused; the message says in French what is missing."""


def check_password_rule(password: str, *, about: Iterable[str] = ()) -> None:
    """Accept 12 characters of four kinds, 14 of three, or a phrase of seven words, unless easily guessed.

    `about` is what anybody knows of the person: names of hers and of the pharmacy.

    Raises:
        WeakPassword: with what to change.
    """
    if len(password) > LONGEST:
        raise WeakPassword(f"Au plus {LONGEST} caractères.")
    if not _is_phrase(password):
        _check_kinds(password)
    _check_known_words(password, about)
    _check_common(password)


def _is_phrase(password: str) -> bool:
    return len({word.casefold() for word in password.split() if len(word) > 1}) >= PHRASE_WORDS


def _check_kinds(password: str) -> None:
    present = {_kind(character) for character in password if not character.isspace()}
    missing = [words for words, kind in KINDS.items() if kind not in present]
    wanted = {0: FOUR_KINDS, 1: THREE_KINDS}.get(len(missing), THREE_KINDS)
    lacking = max(0, wanted - len(password))
    needed: list[str] = []
    if len(missing) > 1:
        more = len(missing) - 1
        needed.append(f"{more} autre{_s(more)} sorte{_s(more)} de caractères ({', '.join(missing)})")
    if lacking:
        needed.append(f"{lacking} caractère{_s(lacking)} de plus")
    if needed:
        raise WeakPassword(f"Il manque {' et '.join(needed)}. La règle : {RULE}.")


def _check_common(password: str) -> None:
    core = _folded(password.strip("0123456789 .,;:!?-_*#+=/"))
    common = CommonPasswordValidator().passwords
    if password.strip().lower() in common or core in common or _folded(password) in common:
        raise WeakPassword("Ce mot de passe est parmi les plus employés au monde : choisissez-en un autre.")
    if len(set(password)) < ENOUGH_DIFFERENT:
        raise WeakPassword(f"Il répète les mêmes signes : il en faut au moins {ENOUGH_DIFFERENT} différents.")


def _check_known_words(password: str, about: Iterable[str]) -> None:
    left = _folded(password)
    found = [word for word in _known_words(about) if word in left]
    for word in found:
        left = left.replace(word, "")
    if found and len(left) < ENOUGH_LEFT:
        raise WeakPassword(
            f"Il tient surtout à un mot facile à deviner (« {found[0]} ») : ajoutez-y autre chose."
        )


def _known_words(about: Iterable[str]) -> list[str]:
    """The longest first, so that « pharmacien » is not left as « n »."""
    personal = {word for text in about for word in re.findall(r"\w{4,}", _folded(text))}
    return sorted(personal | {_folded(word) for word in GUESSED}, key=len, reverse=True)


def _folded(text: str) -> str:
    """Lower case, without accents, and with figures that stand for letters read as letters."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in plain if not unicodedata.combining(mark)).translate(LEET)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if not character.isalpha():
        return "sign"
    return "upper" if character.isupper() else "lower"


def _s(count: int) -> str:
    return "s" if count > 1 else ""
