"""Hold the browsers' streams: an ASGI application of one address, and one to ask whether it lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from portal.lib.told import Kind, Told
from portal.live.door import Away, Door, Refused
from portal.live.ear import Ear
from portal.live.screens import Line, Screen, Screens
from portal.live.warden import UNSURE, Warden

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEALTH = "/healthz"
# A line without meaning, so that proxies keep the stream open and a browser that is gone is noticed.
HEARTBEAT_SECONDS = 15.0
BEAT = b":\n\n"
# Two thousand browsers do not come back at the same moment.
HELLO = "retry: {}\nevent: hello\ndata:\n\n"
RETRY_MS, SPREAD_MS = 2000, 3000
ALWAYS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"x-content-type-options", b"nosniff"),
]
STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]


class Application:
    """`own_port`: whether pages come from another port of the same host, as in the demo; else from this very origin."""

    def __init__(self, *, database_url: str, door: Door, own_port: bool = False) -> None:
        self.screens = Screens()
        self._door, self._own_port = door, own_port
        self._ear = Ear(database_url, hear=self.screens.hear, lost=self._end_all)
        self._warden = Warden(self.screens, door)
        self._tasks: list[asyncio.Task[None]] = []
        self._opened = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._tasks = [asyncio.create_task(self._ear.listen()), asyncio.create_task(self._warden.watch())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    def _end_all(self) -> None:
        """Who hears nothing any more shall not believe that nothing happens: browsers ask every 30 s without us."""
        for screen in self.screens:
            screen.end(UNSURE)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["path"] == HEALTH:
            await _say(send, 200 if self._ear.hears else 503)
        elif scope["path"] != self._door.path or scope["method"] != "GET":
            await _say(send, 404)
        elif not self._ear.hears:
            await _say(send, 503)
        else:
            await self._let_in(headers, _tab_in(scope["query_string"]), receive, send)

    async def _let_in(self, headers: dict[str, str], tab: UUID | None, receive: Receive, send: Send) -> None:
        try:
            known = await self._door.ask(headers)
        except Refused:
            await _say(send, 403)
        except Away:
            await _say(send, 503)
        else:
            start = {"type": "http.response.start", "status": 200}
            await send(start | {"headers": [*STREAM, *ALWAYS, *self._shared_with(headers)]})
            await self._stream(Screen(known, headers, monotonic(), tab), receive, send)

    async def _stream(self, screen: Screen, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_left(receive, screen))
        self.screens.add(screen)
        self._opened += 1
        try:
            await _push(send, HELLO.format(RETRY_MS + 997 * self._opened % SPREAD_MS).encode())
            while not screen.over:
                lines = await screen.take(HEARTBEAT_SECONDS)
                await _push(send, b"".join(map(_written, lines)) if lines else BEAT)
            await _push(send, _written(("end", screen.over)), last=True)
        finally:
            self.screens.remove(screen)
            gone.cancel()
            if screen.tab and not any(other.tab == screen.tab for other in self.screens):
                self._ear.say(Told(screen.known.pharmacy, Kind.GONE, tab=screen.tab))

    def _shared_with(self, headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
        """Where pages have a port of their own, they are another origin to the browser: the same host's may read."""
        origin = headers.get("origin", "")
        host = headers.get("host", "").rpartition(":")[0]
        if not (self._own_port and host and urlsplit(origin).hostname == host):
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]


def _tab_in(query: bytes) -> UUID | None:
    """Which tab it is, as it names itself: `?onglet=`."""
    try:
        return UUID(parse_qs(query.decode("latin-1"))["onglet"][0])
    except (KeyError, ValueError):
        return None


async def _left(receive: Receive, screen: Screen) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    screen.end("left")


def _written(line: Line) -> bytes:
    name, subject = line
    return f"event: {name}\ndata: {subject}\n\n".encode()


async def _push(send: Send, body: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})


async def _say(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*PLAIN, *ALWAYS]})
    await _push(send, b"", last=True)
