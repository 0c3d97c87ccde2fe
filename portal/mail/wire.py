"""One TLS connection to an operator's server, on which nothing can be waited for, or read, without end."""

from __future__ import annotations

import io
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.tls import named

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEGABYTE = 1024 * 1024
BLOCK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """What a server may make us wait for and hold, in seconds and bytes (security.md 3.2)."""

    connect: float = 30.0
    idle: float = 60.0
    command: float = 60.0
    final: float = 600.0  # after the dot that ends a message (RFC 5321 4.5.3.2.6)
    slowest: float = 128 * 1024.0  # bytes per second under which a long answer is given up
    line: int = 64 * 1024
    lines: int = 5_000
    literal: int = 60 * MEGABYTE


class Wire:
    """A connected socket read by line and by count, under a deadline and a number of lines and bytes.

    Every method raises a TransportFault, never an OSError.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.limits = limits
        self._take(sock)
        self.allow()

    def allow(
        self,
        *,
        seconds: float | None = None,
        size: int = MEGABYTE,
        longest: int | None = None,
        idle: float | None = None,
    ) -> None:
        """Grant the next exchange its budget: `size` bytes in `seconds`, in lines of at most `longest` bytes.

        Only an answer to SEARCH needs longer lines than the limit (it names every message on one), only the
        answer to a final dot may leave the line `idle` for longer.
        """
        seconds = self.limits.command if seconds is None else seconds
        self._source.deadline = time.monotonic() + seconds
        self._source.idle = idle or self.limits.idle
        self._source.room = size
        self._longest = longest or self.limits.line
        self._lines = self.limits.lines

    def readline(self) -> bytes:
        """The next line with its CRLF. A line too long, or one too many, is a protocol fault."""
        line = self._file.readline(self._longest + 1)
        self._lines -= 1
        if len(line) > self._longest or self._lines < 0:
            raise TemporaryFault(Code.PROTOCOL, "answer longer than allowed")
        if not line.endswith(b"\n"):
            raise TemporaryFault(Code.CLOSED)
        return line

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        found = self._file.read(size)
        if len(found) < size:
            raise TemporaryFault(Code.CLOSED)
        return found

    def write(self, data: bytes) -> None:
        """Hand `data` to the network within the idle limit."""
        try:
            self.sock.settimeout(self.limits.idle)
            self.sock.sendall(data)
        except OSError as error:
            raise self._source.fault(error) from error

    def upgrade(self, context: ssl.SSLContext, host: str) -> None:
        """Start TLS. Bytes that came in clear beyond the answer to STARTTLS are an attack, and refused."""
        if self._source.buffered(self._file):
            raise MailboxFault(Code.STARTTLS_TAMPERED)
        try:
            self.sock.settimeout(self.limits.connect)
            self._take(context.wrap_socket(self.sock, server_hostname=host))
        except OSError as error:
            raise named(error, context) from error
        self._source.after_handshake = True
        self.allow()

    def quiet(self) -> bool:
        """Whether the line is open and silent: an idle server that spoke has closed it, or is about to."""
        if self._source.buffered(self._file):
            return False
        try:
            self.sock.settimeout(0)
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket; safe to call again."""
        self.sock.close()

    def _take(self, sock: socket.socket) -> None:
        self.sock = sock
        self._source = _Bounded(sock)
        self._file = io.BufferedReader(self._source, BLOCK)


class _Bounded(io.RawIOBase):
    """The socket as a raw file with a deadline and a number of bytes left to read."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._paused = False
        self.deadline = 0.0
        self.idle = 0.0
        self.room = 0
        self.after_handshake = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if self._paused:
            return None
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TemporaryFault(Code.TIMEOUT)
        try:
            self._sock.settimeout(min(left, self.idle))
            count = self._sock.recv_into(buffer)
        except OSError as error:
            raise self.fault(error) from error
        self._heard(count)
        return count

    def buffered(self, file: io.BufferedReader[_Bounded]) -> bytes:
        """What `file` has read ahead from here, without reading more."""
        self._paused = True
        try:
            return file.peek(1)
        finally:
            self._paused = False

    def fault(self, error: OSError) -> TransportFault:
        """Name `error`; right after the handshake a cut line is how TLS 1.3 servers refuse a certificate."""
        found = named(error)
        if self.after_handshake and found.code is Code.CLOSED:
            return MailboxFault(Code.TLS_CLIENT_CERTIFICATE, found.detail)
        return found

    def _heard(self, count: int) -> None:
        if count == 0 and self.after_handshake:
            raise MailboxFault(Code.TLS_CLIENT_CERTIFICATE, "closed right after the handshake")
        self.after_handshake = False
        self.room -= count
        if self.room < 0:
            raise TemporaryFault(Code.PROTOCOL, "answer larger than allowed")
