"""A web server somewhere in the world, for letters that would like to call home: it notes every call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Trap:
    """`calls` are (path, what the caller said of where it came from)."""

    host: str
    calls: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def running_trap() -> Iterator[Trap]:
    """On loopback, under a name that a browser finds there."""
    trap = Trap("")

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/favicon.ico":  # asked for by the window that somebody opened
                trap.calls.append(
                    (self.path, f"{self.headers.get('Referer', '')}{self.headers.get('Cookie', '')}")
                )
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(
                b"<!doctype html><html lang='fr'><title>Ailleurs</title><main><h1>Ailleurs</h1></main>"
            )

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    trap.host = f"piege.localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield trap
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
