"""Which messages a message answers (RFC 5322 3.6.4)."""

from __future__ import annotations

import re

MOST_REFERENCES = 100

_ID = re.compile(r"<([^<>]{1,998})>")
# Folding, and controls that no identifier holds: written into an answer, they would stop it (outgoing.check).
_NOISE = re.compile(r"[\s\x00-\x1f\x7f]+")


def message_ids(value: str) -> tuple[str, ...]:
    """The identifiers of a header value, without brackets; a folded one is put together again."""
    found = [_NOISE.sub("", inner) for inner in _ID.findall(value)]
    if not found:  # some programs forget the brackets
        found = [word for word in _NOISE.split(value) if "@" in word and len(word) <= 998 and "<" not in word]
    unique = tuple(dict.fromkeys(identifier for identifier in found if identifier))
    return unique if len(unique) <= MOST_REFERENCES else unique[:1] + unique[1 - MOST_REFERENCES :]


def thread_parents(in_reply_to: tuple[str, ...], references: tuple[str, ...]) -> tuple[str, ...]:
    """Every message this one says it follows, nearest first, each once."""
    return tuple(dict.fromkeys((*in_reply_to, *reversed(references))))
