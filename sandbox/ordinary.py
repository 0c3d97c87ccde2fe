"""An ordinary mail server, for the notices that are no MSSanté mail: it keeps what it is given, and forwards nothing.

`python -m sandbox.ordinary --state DIR` shows what it was given, and the text messages (texts.py).
"""

from __future__ import annotations

import argparse
import asyncio
import re
import ssl
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox import texts
from sandbox.authority import Authority
from sandbox.disk import write_safely
from sandbox.faults import Faults

FOLDER = "notices"
_TO = re.compile(r"[^A-Za-z0-9@._+-]")


class OrdinaryServer:
    """Takes mail for anybody over TLS, without a login."""

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
        loop = asyncio.get_running_loop()
        rules = _Rules(self._folder, self._faults)
        return await loop.create_server(
            lambda: SMTP(rules, hostname="localhost", loop=loop), "127.0.0.1", port, ssl=self._context
        )


class _Rules:
    def __init__(self, folder: Path, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults.take("greylist_notices"):
            return "451 4.7.1 Try again later"
        if address in self._faults.refuse_recipients:
            return "550 5.1.1 No such person"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        number = len(list(self._folder.glob("*.eml"))) + 1
        name = f"{number:05d} {_TO.sub('_', envelope.rcpt_tos[0])}.eml"
        write_safely(self._folder / name, envelope.original_content or b"")
        return "250 2.0.0 OK"


def taken(state: Path) -> list[bytes]:
    """Every mail that it was given, oldest first."""
    return [path.read_bytes() for path in sorted((state / FOLDER).glob("*.eml"))]


def read(state: Path) -> str:
    """The same as text for a terminal."""
    return "\n".join(_shown(raw) for raw in taken(state)) or "Aucun avis."


def _shown(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=default)
    body = message.get_body(("plain",))
    lines = [f"{name} : {message[name]}" for name in ("Date", "From", "To", "Subject") if message[name]]
    return "\n".join([*lines, "", body.get_content().strip() if body else "", "-" * 60])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.ordinary")
    parser.add_argument("--state", type=Path, required=True, help="the sandbox operator's folder")
    state: Path = parser.parse_args().state
    print(read(state))
    print(texts.read(state))


if __name__ == "__main__":
    main()
