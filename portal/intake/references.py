"""The reference of a request: twelve figures, which have no look-alikes and which a telephone types fastest."""

from __future__ import annotations

import secrets

LENGTH = 12  # 40 bits, and a birth date to know besides, in five tries
GROUP = 4


def new_reference() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(LENGTH))


def typed_reference(text: str) -> str:
    """What was typed, without what people put between the figures."""
    return "".join(letter for letter in text if letter in "0123456789")


def written(reference: str) -> str:
    """« 4821 7703 9156 », to be read aloud."""
    return " ".join(reference[start : start + GROUP] for start in range(0, len(reference), GROUP))
