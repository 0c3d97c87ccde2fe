"""Write files so that a kill or a power cut leaves the old one or the new one, whole."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_safely(path: Path, content: bytes) -> None:
    """Put `content` at `path`, readable by us only, on the disk when this returns."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Add `line` and a newline at the end of `path`, on the disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
