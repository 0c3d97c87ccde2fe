"""Open one submission session: verified TLS, EHLO, log in; commands whose replies are read strictly."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.lib.failpoints import reach
from portal.mail.endpoint import Endpoint, Security, Stage, Watch, connect, unwatched
from portal.mail.faults import Code, MailboxFault, TemporaryFault
from portal.mail.wire import Wire

LONGEST_REPLY = 500
REPLY_LINES = 100
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r\n")
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")


@dataclass(frozen=True)
class Reply:
    """A server's reply: its code, and its text as lines, which may hold addresses."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text on one printable line of at most LONGEST_REPLY letters."""
        whole = "".join(letter if letter.isprintable() else " " for letter in " ".join(self.lines))
        return whole.strip()[:LONGEST_REPLY]

    @property
    def digest(self) -> str:
        """The codes alone, fit for a log whatever the server wrote beside them."""
        found = _ENHANCED.match(self.text)
        return f"{self.code} {found[0]}" if found else str(self.code)


class Session:
    """An open, greeted and logged-in submission connection."""

    def __init__(self, wire: Wire, features: Mapping[str, str]) -> None:
        self.wire = wire
        self.features = features

    @property
    def size_limit(self) -> int | None:
        """The largest message that the server takes, in bytes (RFC 1870), if it says so."""
        announced = self.features.get("SIZE", "")
        return int(announced) or None if re.fullmatch("[0-9]{1,15}", announced) else None

    def command(self, line: str) -> Reply:
        """Send one line and read its reply."""
        return _command(self.wire, line)


def open_session(endpoint: Endpoint, *, watch: Watch = unwatched) -> Session:
    """Connect, verify, say EHLO, log in; `watch` is told of each stage.

    Raises TransportFault; then nothing is left open.
    """

    def told(stage: Stage, wire: Wire) -> None:
        if stage is Stage.REACHED:
            reach("outbound.after-connect")
        watch(stage, wire)

    wire = connect(endpoint, _ask_for_tls, watch=told)
    try:
        reach("outbound.after-tls")
        if endpoint.security is Security.IMPLICIT:
            _expect_welcome(read_reply(wire))
        session = Session(wire, _hello(wire))
        watch(Stage.WELCOMED, wire)
        _log_in(session, endpoint)
        watch(Stage.LOGGED_IN, wire)
    except BaseException:
        wire.close()
        raise
    return session


def read_reply(wire: Wire, *, seconds: float | None = None) -> Reply:
    """The next reply, of one or several lines (RFC 5321 4.2). Anything else is a protocol fault."""
    wire.allow(seconds=seconds, idle=seconds)
    code = 0
    texts: list[str] = []
    while len(texts) < REPLY_LINES:
        found = _REPLY_LINE.fullmatch(wire.readline())
        if not found or (texts and code != int(found[1])):
            raise TemporaryFault(Code.PROTOCOL, "malformed reply")
        code = int(found[1])
        texts.append((found[3] or b"").decode("utf-8", "replace"))
        if found[2] != b"-":
            return Reply(code, tuple(texts))
    raise TemporaryFault(Code.PROTOCOL, "reply longer than allowed")


def _command(wire: Wire, line: str) -> Reply:
    if not line.isascii() or not line.isprintable():
        raise ValueError("a command is one line of printable ASCII")
    wire.write(line.encode("ascii") + b"\r\n")
    return read_reply(wire)


def _ask_for_tls(wire: Wire) -> None:
    """The only clear lines; EHLO must come before STARTTLS, and what its answer claims is not believed."""
    _expect_welcome(read_reply(wire))
    _hello(wire)
    if _command(wire, "STARTTLS").code != 220:
        raise MailboxFault(Code.STARTTLS_MISSING)


def _hello(wire: Wire) -> dict[str, str]:
    address = str(wire.sock.getsockname()[0])
    reply = _command(wire, f"EHLO [{'IPv6:' if ':' in address else ''}{address}]")
    _expect_welcome(reply)
    features = (line.upper().partition(" ") for line in reply.lines[1:])
    return {name: values for name, _, values in features}


def _expect_welcome(reply: Reply) -> None:
    """Raise the fault in a greeting, or an answer to EHLO, that turns us away."""
    if 200 <= reply.code < 300:
        return
    if "certificate" in reply.text.lower():
        raise MailboxFault(Code.TLS_CLIENT_CERTIFICATE, reply.digest)
    if reply.code < 500:
        raise TemporaryFault(Code.THROTTLED, reply.digest)
    raise MailboxFault(Code.REFUSED, reply.digest)


def _log_in(session: Session, endpoint: Endpoint) -> None:
    offered = session.features.get("AUTH", "").split()
    name = endpoint.login or ""
    if endpoint.token is not None:
        _need("XOAUTH2", offered)
        bearer = f"user={name}\1auth=Bearer {endpoint.token}\1\1"
        _authenticate(session, f"AUTH XOAUTH2 {_base64(bearer)}", [""])
    elif endpoint.password is not None and "PLAIN" in offered:
        _authenticate(session, "AUTH PLAIN " + _base64(f"\0{name}\0{endpoint.password}"), [])
    elif endpoint.password is not None:
        _need("LOGIN", offered)
        _authenticate(session, "AUTH LOGIN", [_base64(name), _base64(endpoint.password)])
    elif "EXTERNAL" in offered:
        _authenticate(session, f"AUTH EXTERNAL {_base64(name) or '='}", [])
    # Without EXTERNAL the certificate itself is the right to submit, as with Postfix' permit_tls_clientcerts.


def _need(mechanism: str, offered: list[str]) -> None:
    if mechanism not in offered:
        raise MailboxFault(Code.LOGIN_UNSUPPORTED, mechanism)


def _authenticate(session: Session, first: str, answers: list[str]) -> None:
    reply = session.command(first)
    for answer in answers:
        if reply.code == 334:
            reply = session.command(answer)
    raise_login_fault(reply)


def raise_login_fault(reply: Reply) -> None:
    """Raise what a reply to AUTH means, unless success. Its text is not kept: it may repeat the login."""
    if 200 <= reply.code < 300:
        return
    if 400 <= reply.code < 500:
        raise TemporaryFault(Code.THROTTLED, reply.digest)
    raise MailboxFault(Code.LOGIN_REFUSED, reply.digest)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
