"""Read one mailbox by UID over IMAP: list what is there, fetch bytes, change nothing."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imapclient.imapclient import SENT

from portal.lib.failpoints import reach
from portal.mail.endpoint import Endpoint, Watch, refuse_controls, unwatched
from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.imap_session import UNREADABLE, answers, open_session
from portal.mail.wire import MEGABYTE

SIZES_COUNT = 500
CHUNK_COUNT = 100
CHUNK_SIZE = 4 * MEGABYTE
SEARCH_LINE = 4 * MEGABYTE  # about 500,000 UIDs
LARGEST_NUMBER = 2**32 - 1  # RFC 9051 9: nz-number, of UIDs and UIDVALIDITY
OVERHEAD = 4096  # around one message in an answer to FETCH
BODY = ("INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[]")
REOPENINGS = 5
# What one message may cause by itself: it is then fetched alone, and left out if it does so again.
ONE_MESSAGE_CAN = frozenset({Code.PROTOCOL, Code.TOO_BIG, Code.CLOSED, Code.REJECTED})


@dataclass(frozen=True, kw_only=True)
class ImapSettings(Endpoint):
    """The reading side of a mailbox."""

    folder: str = "INBOX"


@dataclass(frozen=True)
class Fetched:
    """One message as the server holds it. `raw` is None when it could not be had, and `fault` says why.

    `size` is what the server announced. Fault too-big is for good; any other may pass another day.
    """

    uid: int
    internaldate: datetime | None
    size: int
    raw: bytes | None
    fault: Code | None = None


@contextmanager
def open_mailbox(settings: ImapSettings, *, watch: Watch = unwatched) -> Iterator[Box]:
    """Connect, verify, log in. Whatever fails, now or in the box's methods, is a TransportFault."""
    box = Box(settings, watch=watch)
    try:
        yield box
    except BaseException:
        box.cut()
        raise
    box.close()


class Box:
    """An open mailbox, read-only (EXAMINE, BODY.PEEK): no flag changes at the operator by a fetch."""

    def __init__(self, settings: ImapSettings, *, watch: Watch = unwatched) -> None:
        self._settings = settings
        self._folder = settings.folder
        self._uidvalidity = 0
        self._reopenings = 0
        self._session = open_session(settings, watch=watch)

    def select(self, folder: str | None = None) -> int:
        """Open `folder` (default: that of the settings) and return its UIDVALIDITY."""
        if folder is not None:
            refuse_controls(folder)
            self._folder = folder
        self._uidvalidity = self._examine()
        return self._uidvalidity

    def has_sent_folder(self) -> bool:
        """Whether the server keeps a folder of what was sent, by its mark (RFC 6154) or its usual name."""
        self._session.wire.allow()
        with answers():
            return self._session.find_special_folder(SENT) is not None

    def uids(self) -> list[int]:
        """Every UID of the folder, ascending."""
        return self._search(["ALL"])

    def uids_from(self, first: int) -> list[int]:
        """Every UID of `first` and above, ascending."""
        found = self._search(["UID", f"{int(first)}:*"])
        return [uid for uid in found if uid >= first]  # "n:*" names the last message even when it is below n

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """The size of each message that is still there, in bytes, as the server announces it."""
        sizes: dict[int, int] = {}
        for block in _blocks(uids, SIZES_COUNT):
            answer = self._items(block, ["RFC822.SIZE"], expected=0)
            sizes |= {uid: items[b"RFC822.SIZE"] for uid, items in answer.items() if _has_size(items)}
        return sizes

    def fetch(self, uids: Sequence[int]) -> Iterator[Fetched]:
        """The messages still there among `uids`, each with its bytes or with the reason why not.

        They come in chunks of at most CHUNK_COUNT messages and CHUNK_SIZE announced bytes (a larger one
        alone). A message that breaks its limits, or the connection, is left out with its fault and the next
        ones follow on a new connection; after REOPENINGS of these, or when the server stays silent, the fault
        is raised.
        """
        self._reopenings = 0
        largest = self._settings.limits.literal
        for block in _blocks(uids, SIZES_COUNT):
            sizes = self.sizes(block)
            yield from (_left_out(uid, size, Code.TOO_BIG) for uid, size in sizes.items() if size > largest)
            for chunk in _chunks({uid: size for uid, size in sizes.items() if size <= largest}):
                found = self._fetch_chunk(chunk)
                reach("inbound.after-fetch")
                yield from found

    def close(self) -> None:
        """Log out and close; a server that does not answer is not waited for."""
        self._session.wire.allow(seconds=2.0)
        with suppress(TransportFault, imaplib.IMAP4.error, *UNREADABLE):  # nothing is lost by a bad farewell
            self._session.logout()
        self.cut()

    def cut(self) -> None:
        """Close without a word."""
        self._session.wire.close()

    def _examine(self) -> int:
        self._session.wire.allow()
        try:
            with answers():
                number = int(self._session.select_folder(self._folder, readonly=True)[b"UIDVALIDITY"])
        except TransportFault as fault:
            if fault.code is Code.REJECTED:
                raise MailboxFault(Code.FOLDER_MISSING, fault.detail) from fault
            raise
        _refuse_out_of_range(number)
        return number

    def _search(self, criteria: list[str]) -> list[int]:
        self._session.wire.allow(size=2 * SEARCH_LINE, longest=SEARCH_LINE)
        with answers():
            found = sorted({int(uid) for uid in self._session.search(criteria)})
        _refuse_out_of_range(*found[:1], *found[-1:])
        reach("inbound.after-search")
        return found

    def _items(self, uids: Sequence[int], wanted: Sequence[str], *, expected: int) -> Mapping[int, Any]:
        """FETCH; `expected` is the number of literal bytes that the answer should hold."""
        limits = self._session.wire.limits
        # Announced sizes are often a bit off.
        room = expected + expected // 2 + len(uids) * OVERHEAD + MEGABYTE
        self._session.wire.allow(seconds=limits.command + expected / limits.slowest, size=room)
        with answers():
            found: Mapping[int, Any] = self._session.fetch([int(uid) for uid in uids], list(wanted))
            return found

    def _fetch_chunk(self, chunk: Mapping[int, int]) -> list[Fetched]:
        try:
            answer = self._items(list(chunk), BODY, expected=sum(chunk.values()))
            return [_fetched(uid, size, answer[uid]) for uid, size in chunk.items() if uid in answer]
        except TransportFault as fault:
            if fault.code not in ONE_MESSAGE_CAN:
                raise
            self._reopen(fault)
            return [found for uid, size in chunk.items() for found in self._fetch_alone(uid, size)]

    def _fetch_alone(self, uid: int, size: int) -> list[Fetched]:
        try:
            answer = self._items([uid], BODY, expected=self._settings.limits.literal)
            return [_fetched(uid, size, answer[uid])] if uid in answer else []
        except TransportFault as fault:
            if fault.code not in ONE_MESSAGE_CAN:
                raise
            self._reopen(fault)
            return [_left_out(uid, size, fault.code)]

    def _reopen(self, fault: TransportFault) -> None:
        """Start again on a new connection, in the same folder; too often is not one message's doing."""
        self.cut()
        self._reopenings += 1
        if self._reopenings > REOPENINGS:
            raise fault
        self._session = open_session(self._settings)
        if self._examine() != self._uidvalidity:
            raise TemporaryFault(Code.PROTOCOL, "UIDVALIDITY changed during the fetch") from fault


def _refuse_out_of_range(*numbers: int) -> None:
    if not all(0 < number <= LARGEST_NUMBER for number in numbers):
        raise TemporaryFault(Code.PROTOCOL, "a number out of range")


def _fetched(uid: int, size: int, items: Mapping[bytes, Any]) -> Fetched:
    raw = items.get(b"BODY[]")
    if not isinstance(raw, bytes):
        return _left_out(uid, size, Code.PROTOCOL)
    return Fetched(uid, _moment(items.get(b"INTERNALDATE")), size, raw)


def _moment(date: object) -> datetime | None:
    """In UTC; None for one that makes no sense, such as the last hour of the year 9999 west of Greenwich."""
    try:
        return date.astimezone(UTC) if isinstance(date, datetime) and date.tzinfo else None
    except (OverflowError, ValueError):
        return None


def _left_out(uid: int, size: int, fault: Code) -> Fetched:
    return Fetched(uid, None, size, None, fault)


def _has_size(items: Mapping[bytes, Any]) -> bool:
    size = items.get(b"RFC822.SIZE")
    return isinstance(size, int) and size >= 0


def _blocks(uids: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    return (uids[start : start + count] for start in range(0, len(uids), count))


def _chunks(sizes: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """Cut into chunks within CHUNK_COUNT and CHUNK_SIZE; what is larger than CHUNK_SIZE stands alone."""
    chunk: dict[int, int] = {}
    for uid, size in sizes.items():
        if chunk and (len(chunk) == CHUNK_COUNT or sum(chunk.values()) + size > CHUNK_SIZE):
            yield chunk
            chunk = {}
        chunk[uid] = size
    if chunk:
        yield chunk
