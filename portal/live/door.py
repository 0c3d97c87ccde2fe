"""Ask the pages' process, in the name of a browser, whether it may listen: nobody else decides who is who."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

SECONDS = 10.0
# How many ask at once: after a restart everybody comes back, and the pages have eight threads for everything.
AT_ONCE = 4
# Its own error, a proxy's, or nothing at all. 503 is the answer of a pharmacy that is not served.
NO_ANSWER = (b"", b"500", b"502", b"504")
# What is handed on of a browser's request: which pharmacy, who, and that the proxy spoke TLS.
HANDED_ON = ("host", "cookie", "x-forwarded-proto", "x-forwarded-for")


class Away(Exception):
    """The pages did not answer: they are being restarted, or are overrun."""


class Refused(Exception):
    """This browser may not listen: nobody, locked, without the right, or no such pharmacy."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Whose screen it is, and which mailboxes it may hear of."""

    pharmacy: UUID
    person: UUID
    mailboxes: frozenset[UUID]


class Door:
    """One place of the pages: where they listen, and the path of `portal/web/live/views.py`."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.host, self.port, self.path = host, port, path
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ask(self, headers: Mapping[str, str]) -> Pass:
        """Raises Refused, Away."""
        async with self._turns:
            try:
                async with asyncio.timeout(SECONDS):
                    raw = await self._fetch(headers)
            except (OSError, TimeoutError) as error:
                raise Away from error
        head, _, body = raw.partition(b"\r\n\r\n")
        status = head[9:12]  # HTTP/1.1 200 OK
        if status == b"200":
            return _pass(body)
        raise Away if status in NO_ANSWER else Refused

    async def _fetch(self, headers: Mapping[str, str]) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            lines = [f"{name}: {headers[name]}" for name in HANDED_ON if name in headers]
            request = [f"GET {self.path} HTTP/1.0", *lines, "X-Unattended: 1", "Connection: close", "", ""]
            writer.write("\r\n".join(request).encode("latin-1"))
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


def _pass(body: bytes) -> Pass:
    """Raises Refused: what answered there is not our door."""
    try:
        found = json.loads(body)
        mailboxes = frozenset(UUID(each) for each in found["mailboxes"])
        return Pass(UUID(found["pharmacy"]), UUID(found["person"]), mailboxes)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused from error
