"""Keep a mailbox's submission connection for some seconds: a burst of messages logs in once."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from portal.mail.smtp import Submission
from portal.mailboxes.connections import smtp_settings
from portal.mailboxes.models import Mailbox
from tenants.context import current_pharmacy

KEEP_SECONDS = 20.0


@dataclass(frozen=True)
class _Way:
    """Whose line it is, and under which settings it was opened: changed ones never meet an old line."""

    pharmacy_id: UUID
    mailbox_id: UUID
    settings: str


@dataclass(frozen=True)
class _Kept:
    line: Submission
    since: float


class Lines:
    """The open lines of this process. A line in use is with whoever took it, so threads never share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[_Way, list[_Kept]] = defaultdict(list)
        self._timer: threading.Timer | None = None

    def take(self, mailbox: Mailbox) -> Submission | None:
        """A line kept for this mailbox that still stands; None when one must be opened."""
        way = _way(mailbox)
        while kept := self._pop(way):
            if kept.line.alive:
                return kept.line
            kept.line.close()
        return None

    def keep(self, mailbox: Mailbox, line: Submission) -> None:
        """Give a line back for the next message, or close what cannot serve again."""
        if not line.alive:
            line.close()
            return
        with self._lock:
            self._kept[_way(mailbox)].append(_Kept(line, time.monotonic()))
            self._watch()

    def close_all(self) -> None:
        self._close_older_than(0.0)

    def _pop(self, way: _Way) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(way)
            return kept.pop() if kept else None

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(KEEP_SECONDS, self._tick)
            self._timer.daemon = True
            self._timer.start()

    def _tick(self) -> None:
        self._close_older_than(KEEP_SECONDS)
        with self._lock:
            self._timer = None
            if self._kept:
                self._watch()

    def _close_older_than(self, seconds: float) -> None:
        limit = time.monotonic() - seconds
        with self._lock:
            old = [kept for all_kept in self._kept.values() for kept in all_kept if kept.since <= limit]
            left = {way: [kept for kept in every if kept.since > limit] for way, every in self._kept.items()}
            self._kept = defaultdict(list, {way: every for way, every in left.items() if every})
        for kept in old:
            kept.line.close()


def connect(mailbox: Mailbox) -> Submission:
    """Open a line for this mailbox. Raises TransportFault."""
    return Submission.connect(smtp_settings(mailbox))


def kept_lines() -> Lines:
    """The lines of this process."""
    return _lines


_lines = Lines()


def _forget_parent() -> None:
    """A fork copies the sockets: only the parent may speak on them."""
    global _lines
    _lines = Lines()


os.register_at_fork(after_in_child=_forget_parent)


def _way(mailbox: Mailbox) -> _Way:
    said = (
        mailbox.smtp_host,
        mailbox.smtp_port,
        str(mailbox.smtp_security),
        str(mailbox.credential_kind),
        mailbox.login,
        bytes(mailbox.credentials),
        mailbox.trust_pem,
        mailbox.crl_pem,
    )
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    return _Way(current_pharmacy().id, mailbox.pk, digest)
