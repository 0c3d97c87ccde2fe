"""A provider of text messages that sends none: it takes JSON over HTTPS, with a key, and keeps what it was given."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from sandbox.authority import Authority
from sandbox.disk import write_safely
from sandbox.faults import Faults

FOLDER = "texts"
PATH = "/v1/messages"
KEY = "sandbox-key"
# How the demonstration and the tests write to it: names of its own, so that ours must be configurable.
HEADERS = {"X-Api-Key": KEY}
BODY = {"recipient": {"to": "{to}"}, "body": {"text": "{text}"}, "sender": "{from}"}
MOST_READ = 64 * 1024
SECONDS = 10.0
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)\s*$")
_KEY = re.compile(rb"(?im)^x-api-key:\s*(\S+)\s*$")


@dataclass(frozen=True)
class Text:
    """One text message."""

    to: str
    text: str


class TextServer:
    """Answers 201 to what it takes, as providers do; 401 without the key, 422 to a number it refuses, 503 when told."""

    def __init__(self, authority: Authority, state: Path, faults: Faults) -> None:
        self._folder = state / FOLDER
        self._faults = faults
        self._folder.mkdir(parents=True, exist_ok=True)
        authority.keep("server", authority.server)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(state / "pki" / "server.pem", state / "pki" / "server.key")

    async def listen(self, port: int) -> asyncio.Server:
        """Listen on loopback."""
        return await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self._context)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            status = await asyncio.wait_for(self._answer(reader), SECONDS)
            writer.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\nConnection: close\r\n\r\n{}".encode()
            )
            await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> HTTPStatus:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        body = await reader.readexactly(min(length, MOST_READ))
        if not head.startswith(f"POST {PATH} ".encode()):
            return HTTPStatus.NOT_FOUND
        if (key := _KEY.search(head)) is None or key[1] != KEY.encode():
            return HTTPStatus.UNAUTHORIZED
        if self._faults.take("busy_texts"):
            return HTTPStatus.SERVICE_UNAVAILABLE
        return self._keep(body)

    def _keep(self, body: bytes) -> HTTPStatus:
        try:
            given = json.loads(body)
            text = Text(str(given["recipient"]["to"]), str(given["body"]["text"]))
        except (ValueError, KeyError, TypeError):
            return HTTPStatus.BAD_REQUEST
        if text.to in self._faults.refuse_recipients:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        number = len(list(self._folder.glob("*.json"))) + 1
        write_safely(
            self._folder / f"{number:05d}.json", json.dumps({"to": text.to, "text": text.text}).encode()
        )
        return HTTPStatus.CREATED


def taken(state: Path) -> list[Text]:
    """Every text that it was given, oldest first."""
    paths = sorted((state / FOLDER).glob("*.json"))
    return [_read(json.loads(path.read_text("utf-8"))) for path in paths]


def read(state: Path) -> str:
    """The same for a terminal."""
    return "\n".join(f"SMS au {each.to} : {each.text}" for each in taken(state)) or "Aucun SMS."


def _read(kept: Mapping[str, str]) -> Text:
    return Text(kept["to"], kept["text"])
