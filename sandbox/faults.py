"""Make the stand-in operator misbehave, from a test or from the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path

from sandbox.disk import write_safely


@dataclass
class Faults:
    """What goes wrong; counts are taken down by one each time."""

    down: bool = False  # nobody listens
    refuse_logins: bool = False
    greylist: int = 0  # the next RCPTs answer 451
    greylist_notices: int = 0  # the same for ordinary mail
    busy_texts: int = 0  # the next text messages answer 503
    refuse_data: int = 0  # the next messages answer 554 after the dot
    drop_after_dot: int = 0  # the next messages are kept, then the line is cut instead of 250
    drop_before_keeping: int = 0  # the next messages are not kept, and the line is cut instead of 250
    slow_answer: float = 0.0  # seconds between the dot and its answer
    refuse_recipients: list[str] = field(default_factory=list)  # these answer 550

    def take(self, name: str) -> bool:
        """Whether one of the counted faults `name` is left; it is used up."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0


class FaultsFile:
    """Faults kept in a file, so that another process can set them."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._seen = _changed_at(path)

    def refresh(self) -> None:
        """Take over what the file says if it changed since the last look."""
        changed = _changed_at(self._path)
        if changed != self._seen:
            self._seen = changed
            wanted = json.loads(self._path.read_text("utf-8"))
            for known in fields(self._faults):
                if known.name in wanted:
                    setattr(self._faults, known.name, wanted[known.name])


def write_faults(path: Path, changes: dict[str, object]) -> None:
    """Ask the operator that watches `path` for these faults."""
    unknown = changes.keys() - {known.name for known in fields(Faults)}
    if unknown:
        raise ValueError(f"unknown faults: {', '.join(sorted(unknown))}")
    write_safely(path, json.dumps(changes).encode())


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
