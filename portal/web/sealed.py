"""Words that wait in somebody's session: sealed, for its table is not made of sealed columns."""

from __future__ import annotations

from base64 import b64decode, b64encode
from uuid import UUID

from portal.vault.keys import current_keyring


def seal_for(person: UUID, purpose: bytes, words: str) -> str:
    """Bound to this person and to what they are kept for."""
    return b64encode(current_keyring().seal(words.encode(), _context(person, purpose))).decode()


def open_for(person: UUID, purpose: bytes, sealed: str) -> str:
    """Raises Unopenable: they were kept for somebody else, for something else, or are no such words."""
    return current_keyring().open(b64decode(sealed), _context(person, purpose)).decode()


def _context(person: UUID, purpose: bytes) -> bytes:
    return purpose + b"\0" + person.bytes
