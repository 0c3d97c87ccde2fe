"""Take submissions with aiosmtpd: client certificate, its address as sender, DSN (RFC 3461), faults."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.certificates import common_name
from sandbox.faults import Faults
from sandbox.people import REFUSALS, Standing
from sandbox.postoffice import PostOffice, Recipient
from sandbox.reports import HOST

# It warns about mutual TLS, and logs addresses at INFO.
logging.getLogger("mail.log").setLevel(logging.ERROR)

LARGEST = 30 * 1024 * 1024
NEVER = 3600.0
_DSN_PARAMETER = re.compile(r"\s+(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")


class SmtpServer:
    """The SMTP side of the operator; all of it runs on one event loop."""

    def __init__(self, office: PostOffice, faults: Faults, context: ssl.SSLContext) -> None:
        self._office = office
        self._faults = faults
        self._context = context

    async def listen(self, port: int, *, starttls: bool) -> asyncio.Server:
        """Listen on loopback; TLS at once, or after STARTTLS."""
        loop = asyncio.get_running_loop()

        def protocol() -> _Connection:
            return _Connection(self._office, self._faults, self._context if starttls else None)

        context = None if starttls else self._context
        return await loop.create_server(protocol, "127.0.0.1", port, ssl=context)


class _Connection(SMTP):
    """One client's connection."""

    line_length_limit = 64 * 1024  # a real operator is lenient, and small reads are slow

    def __init__(self, office: PostOffice, faults: Faults, starttls: ssl.SSLContext | None) -> None:
        super().__init__(
            _Rules(office, faults),
            data_size_limit=LARGEST,
            hostname=HOST,
            ident="Bac a sable MSSante",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=starttls is not None,
            authenticator=_authenticate(office, faults),
            auth_exclude_mechanism=["LOGIN"],
            loop=asyncio.get_running_loop(),
        )
        self.recipients: list[Recipient] = []
        self.envelope_id = ""

    @property
    def client(self) -> str:
        """The address in the client's certificate."""
        return common_name(self.transport) if self.transport else ""

    def _set_post_data_state(self) -> None:
        self.envelope = self._create_envelope()
        self.recipients = []
        self.envelope_id = ""

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        rest, asked = _take_dsn(arg)
        self.envelope_id = _from_xtext(asked.get("ENVID", ""))
        await super().smtp_MAIL(rest)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        rest, self.asked = _take_dsn(arg)
        await super().smtp_RCPT(rest)


class _Rules:
    """Who may send what to whom, as hooks of aiosmtpd."""

    def __init__(self, office: PostOffice, faults: Faults) -> None:
        self._office = office
        self._faults = faults

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() != server.client:
            return "550 5.7.1 L'expediteur n'est pas celui du certificat"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults.take("greylist"):
            return "451 4.7.1 Liste grise, reessayez plus tard"
        if address in self._faults.refuse_recipients:
            return "550 5.7.1 Destinataire refuse"
        found = self._office.standing(address)
        if found in (Standing.UNKNOWN, Standing.OUTSIDE):
            return REFUSALS[found].reply
        envelope.rcpt_tos.append(address)
        server.recipients.append(_recipient(address, server.asked))
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self._faults.slow_answer)
        if self._faults.take("refuse_data"):
            return "554 5.6.0 Contenu refuse"
        if self._faults.take("drop_before_keeping"):
            await _cut(server)
        self._office.take(
            envelope.original_content or b"",
            sender=envelope.mail_from or "",
            recipients=server.recipients,
            envelope_id=server.envelope_id,
        )
        if self._faults.take("drop_after_dot"):
            await _cut(server)
        return "250 2.0.0 OK"


async def _cut(server: _Connection) -> None:
    """Cut the line and answer nothing: losing the connection cancels whoever waits here."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    await asyncio.sleep(NEVER)


def _authenticate(office: PostOffice, faults: Faults) -> Any:
    def check(
        server: _Connection, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        name = server.client
        good = (
            not faults.refuse_logins
            and isinstance(given, LoginPassword)
            and office.store.exists(name)
            and given.login.decode("utf-8", "replace").lower() == name
            and given.password == office.store.password(name).encode()
        )
        return AuthResult(success=good, handled=False)

    return check


def _recipient(address: str, asked: dict[str, str]) -> Recipient:
    notify = frozenset(asked.get("NOTIFY", "FAILURE").upper().split(","))
    return Recipient(address, notify, _from_xtext(asked.get("ORCPT", "")))


def _take_dsn(arg: str | None) -> tuple[str | None, dict[str, str]]:
    """Part the DSN parameters from a MAIL or RCPT line: aiosmtpd does not know them."""
    if arg is None:
        return None, {}
    asked = {name.upper(): value for name, value in _DSN_PARAMETER.findall(arg)}
    return _DSN_PARAMETER.sub("", arg), asked


def _from_xtext(text: str) -> str:
    return _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), text)
