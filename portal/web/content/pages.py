"""The pages of an attachment as pictures; the last few are kept in this process's memory, never on disk."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from portal.conversations.models import Attachment
from portal.documents import rendering
from portal.documents.rendering import Illegible
from portal.documents.sniff import Kind
from portal.records.originals import bytes_of
from tenants.context import current_pharmacy

Key = tuple[UUID, str, int]
Value = TypeVar("Value")
KEPT_BYTES, KEPT_FILES = 8 * 1024 * 1024, 6 * 1024 * 1024
KEPT_SECONDS = 600.0
KEPT_COUNTS = 500
PAGED = {Kind.PDF, Kind.XDM, Kind.CDA}
BELIEVED_SECONDS = 600.0


class Recent:
    """Some bytes that are asked for again soon. The least recently used go first, and all go after ten minutes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[bytes, float]] = OrderedDict()
        self._size = 0

    def find(self, key: Key) -> bytes | None:
        with self._lock:
            self._drop_old()
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: Key, data: bytes) -> None:
        with self._lock:
            if key in self._kept or len(data) > self._room:
                return
            self._kept[key] = data, time.monotonic() + KEPT_SECONDS
            self._size += len(data)
            while self._size > self._room:
                self._size -= len(self._kept.popitem(last=False)[1][0])

    def _drop_old(self) -> None:
        now = time.monotonic()
        for key in [key for key, (_, until) in self._kept.items() if until < now]:
            self._size -= len(self._kept.pop(key)[0])


_pictures = Recent(KEPT_BYTES)
# Who turns the pages of a document asks for it again and again: it is taken out of its mail once.
_files = Recent(KEPT_FILES)
_counts: OrderedDict[Key, int] = OrderedDict()
# Documents that cannot be drawn, why, and until when that is believed: each try to draw one may cost ten seconds.
_illegible: OrderedDict[Key, tuple[str, float]] = OrderedDict()


def picture(attachment: Attachment, page: int) -> bytes:
    """Page `page` (from 0) as JPEG.

    Raises:
        Illegible, NoSuchPage, ChildUnavailable: as `rendering.render_page`.
        Lost: as `bytes_of`.
    """
    key = _key(attachment, page)
    found = _pictures.find(key)
    if found is None:
        with _remembered(key):
            found = rendering.render_page(_bytes(attachment), Kind(attachment.kind), page)
        _pictures.keep(key, found)
    return found


def count(attachment: Attachment) -> int:
    """How many pages it has. Raises as `picture`, but NoSuchPage."""
    key = _key(attachment, 0)
    found = _counts.get(key)
    if found is None:
        with _remembered(key):
            kind = Kind(attachment.kind)
            found = rendering.page_count(_bytes(attachment), kind) if kind in PAGED else 1
        _keep(_counts, key, found)
    return found


def _bytes(attachment: Attachment) -> bytes:
    key = _key(attachment, 0)
    found = _files.find(key)
    if found is None:
        found = bytes_of(attachment)
        _files.keep(key, found)
    return found


@contextmanager
def _remembered(key: Key) -> Iterator[None]:
    """Raise again, without another try, what was raised for this page minutes ago."""
    code, until = _illegible.get(key, ("", 0.0))
    if time.monotonic() < until:
        raise Illegible(code)
    try:
        yield
    except Illegible as error:
        _keep(_illegible, key, (error.code, time.monotonic() + BELIEVED_SECONDS))
        raise


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    while len(kept) > KEPT_COUNTS:
        kept.popitem(last=False)


def _key(attachment: Attachment, page: int) -> Key:
    """By content: the digest is a fingerprint under the pharmacy's key, the pharmacy stands there all the same."""
    return current_pharmacy().id, attachment.digest, page
