"""Keep mailboxes on disk as Maildirs whose file names hold the UIDs; what is stored survives a kill."""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.disk import sync_folder, write_safely

_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+=?^_`{|}~.-]+@[a-z0-9.-]+")
_NAME = re.compile(r"([0-9]{1,10})\.([0-9]{1,12})\.eml")


class UnknownMailbox(KeyError):
    """No such mailbox."""


@dataclass(frozen=True)
class Stored:
    """One message in a mailbox."""

    uid: int
    date: datetime
    path: Path

    @property
    def raw(self) -> bytes:
        """The bytes, exactly as they were delivered."""
        return self.path.read_bytes()


class Store:
    """The mailboxes under `folder`; safe to use from several threads of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._next: dict[str, int] = {}
        self._watchers: list[Callable[[str, Stored], None]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def watch(self, watcher: Callable[[str, Stored], None]) -> None:
        """Call `watcher` with the address and the message after each delivery, in the delivering thread."""
        self._watchers.append(watcher)

    def exists(self, address: str) -> bool:
        """Whether `address` has a mailbox."""
        return self.can_hold(address) and (self._of(address) / "uidvalidity").exists()

    @staticmethod
    def can_hold(address: str) -> bool:
        """Whether `address` can be the name of a mailbox here."""
        return bool(_ADDRESS.fullmatch(address.lower())) and ".." not in address

    def addresses(self) -> list[str]:
        """Every mailbox, sorted."""
        return sorted(path.parent.name for path in self._folder.glob("*/uidvalidity"))

    def create(self, address: str) -> None:
        """Make the mailbox of `address` if it is not there."""
        with self._lock:
            if not self.exists(address):
                for name in ("tmp", "new"):
                    (self._of(address) / name).mkdir(parents=True, exist_ok=True)
                write_safely(self._of(address) / "password", secrets.token_urlsafe(18).encode())
                self._new_uidvalidity(address)
                sync_folder(self._folder)

    def password(self, address: str) -> str:
        """The mailbox's password, made with it. Raises UnknownMailbox."""
        return (self._known(address) / "password").read_text("ascii")

    def uidvalidity(self, address: str) -> int:
        """The number under which its UIDs hold. Raises UnknownMailbox."""
        return int((self._known(address) / "uidvalidity").read_text("ascii"))

    def messages(self, address: str) -> list[Stored]:
        """What the mailbox holds, by UID. Raises UnknownMailbox."""
        return sorted(_listed(self._known(address) / "new"), key=lambda stored: stored.uid)

    def deliver(self, address: str, raw: bytes, *, at: datetime | None = None) -> Stored:
        """Store `raw` in the mailbox, made if need be; it is on the disk when this returns. `at`: now, unless told."""
        with self._lock:
            self.create(address)
            stored = self._place(address, raw, at or datetime.now(UTC))
            for watcher in self._watchers:
                watcher(address.lower(), stored)
        return stored

    def remove(self, address: str, uid: int) -> None:
        """Delete one message; its UID is not given again."""
        with self._lock:
            write_safely(self._known(address) / "uidnext", str(self._next_uid(address)).encode())
            for stored in self.messages(address):
                if stored.uid == uid:
                    stored.path.unlink()

    def renumber(self, address: str) -> None:
        """Give the mailbox a new UIDVALIDITY and its messages new UIDs, newest first: a rebuilt server."""
        with self._lock:
            held = self.messages(address)
            for number, stored in enumerate(reversed(held), start=1):
                stored.path.rename(stored.path.with_name(f".{number}"))
            for number, stored in enumerate(reversed(held), start=1):
                moment = int(stored.date.timestamp())
                stored.path.with_name(f".{number}").rename(stored.path.with_name(f"{number}.{moment}.eml"))
            self._next[address.lower()] = len(held) + 1
            self._new_uidvalidity(address)

    def _place(self, address: str, raw: bytes, at: datetime) -> Stored:
        """The Maildir way: write in tmp, to the disk, then rename into new."""
        folder = self._of(address)
        draft = folder / "tmp" / uuid.uuid4().hex
        with draft.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        uid, moment = self._next_uid(address), int(at.timestamp())
        path = folder / "new" / f"{uid}.{moment}.eml"
        draft.rename(path)
        sync_folder(path.parent)
        self._next[address.lower()] = uid + 1
        return Stored(uid, datetime.fromtimestamp(moment, UTC), path)

    def _next_uid(self, address: str) -> int:
        found = self._next.get(address.lower())
        if found is None:
            path = self._of(address) / "uidnext"
            kept = int(path.read_text("ascii")) if path.exists() else 1
            found = max([kept, *(stored.uid + 1 for stored in self.messages(address))])
        return found

    def _new_uidvalidity(self, address: str) -> None:
        path = self._of(address) / "uidvalidity"
        last = int(path.read_text("ascii")) if path.exists() else 0
        write_safely(path, str(max(int(time.time()), last + 1)).encode())

    def _known(self, address: str) -> Path:
        if not self.exists(address):
            raise UnknownMailbox(address)
        return self._of(address)

    def _of(self, address: str) -> Path:
        if not self.can_hold(address):
            raise UnknownMailbox(address)
        return self._folder / address.lower()


def _listed(folder: Path) -> list[Stored]:
    found = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    return [
        Stored(int(name[1]), datetime.fromtimestamp(int(name[2]), UTC), path) for path, name in found if name
    ]
