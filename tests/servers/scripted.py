"""A server that says exactly what a test tells it to, and remembers what it heard, in clear and under TLS."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.authority import Authority, KeyPair

Play = Callable[["Line"], None]


class Line:
    """One client's connection, as the script of a test sees it."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock
        self._buffer = b""
        self._sealed = False

    def say(self, *lines: bytes) -> None:
        """Send these lines, each with CRLF."""
        self.send(b"".join(line + b"\r\n" for line in lines))

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._sock.sendall(data)

    def drip(self, data: bytes, *, every: float) -> None:
        """Send byte after byte."""
        for octet in data:
            self.send(bytes([octet]))
            time.sleep(every)

    def hear(self) -> bytes:
        """The next line without its CRLF; ends the script when the client is gone."""
        while b"\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def hear_message(self) -> bytes:
        """What comes after DATA, up to and with the dot."""
        while not self._buffer.endswith(b"\r\n.\r\n"):
            self._receive()
        message, self._buffer = self._buffer, b""
        return message

    def hear_nothing_more(self) -> bytes:
        """Wait for the client to go; what it still said."""
        with suppress(EOFError, OSError):
            while True:
                self._receive()
        return self._buffer

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Handshake as the server."""
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._sealed = True

    def close(self) -> None:
        """Cut the line."""
        self._sock.close()

    def _receive(self) -> None:
        data = self._sock.recv(65536)
        if not data:
            raise EOFError
        self._server.remember(data, sealed=self._sealed)
        self._buffer += data


class Server:
    """Listens on loopback; each connection plays the next script, and the last one again and again."""

    def __init__(self, plays: list[Play], context: ssl.SSLContext | None) -> None:
        self._plays = plays
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.clear = b""
        self.sealed = b""

    @property
    def heard(self) -> bytes:
        """All that clients ever said."""
        return self.clear + self.sealed

    def remember(self, data: bytes, *, sealed: bool) -> None:
        """Note what a client said."""
        with self._lock:
            if sealed:
                self.sealed += data
            else:
                self.clear += data

    def serve(self) -> None:
        """Accept until the listener is closed."""
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                thread = threading.Thread(target=self._play, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the scripts to end; safe to call again."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _play(self, sock: socket.socket) -> None:
        sock.settimeout(10)
        line = Line(self, sock)
        with self._lock:
            play = self._plays[min(self.connections, len(self._plays) - 1)]
            self.connections += 1
        # A client that refuses us breaks the script off: that is what many of the tests want to see.
        with suppress(EOFError, OSError):
            if self._context:
                line.start_tls(self._context)
            play(line)
        with suppress(OSError):
            line.close()


@contextmanager
def scripted(*plays: Play, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve `plays`; with `context`, TLS starts at once."""
    server = Server(list(plays), context)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(5)


def serving(pair: KeyPair, *, clients: Authority | None = None) -> ssl.SSLContext:
    """A server's context with `pair`; with `clients`, their authority's certificates are required."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pair.both)
        file.flush()
        context.load_cert_chain(file.name)
    if clients:
        context.load_verify_locations(cadata=clients.trust.decode())
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def temporary_authority(name: str = "AC de test") -> Authority:
    """An authority of its own, in a new folder."""
    return Authority(Path(tempfile.mkdtemp(prefix="pki-")), name=name)
