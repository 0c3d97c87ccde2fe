"""Say for which row and which field something is sealed."""

from __future__ import annotations

import re
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models

LABEL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def checked_label(label: str) -> str:
    """`label` if it is lower-case words joined by dots ("conversation.subject"); it never changes again.

    Raises:
        ValueError: it is not.
    """
    if not LABEL.fullmatch(label):
        raise ValueError(f"{label!r} is no label: lower-case words joined by dots")
    return label


def row_context(label: str, instance: models.Model) -> bytes:
    """What binds ciphertext to its place. No schema, table or column name: restore and rename must work.

    Raises:
        FieldError: the row has no primary key yet.
    """
    key = instance._meta.pk.to_python(instance.pk)
    if key is None:
        raise FieldError("Nothing can be sealed for a row that has no primary key yet.")
    return label.encode() + b"\0" + (key.bytes if isinstance(key, UUID) else str(key).encode())
