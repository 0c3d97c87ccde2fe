"""Open one IMAP session: verified TLS, then log in, with IMAPClient speaking over our bounded wire."""
# IMAPClient ships no types, so mypy sees its class as Any.
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import imaplib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imapclient import IMAPClient

from portal.lib.failpoints import reach
from portal.mail.endpoint import Endpoint, Security, Stage, Watch, connect, unwatched
from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.wire import Wire

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# At DEBUG this library writes login names and server lines, which hold patients' addresses.
logging.getLogger("imapclient").setLevel(logging.WARNING)

GREETING = b"* OK ready\r\n"
# RFC 5530 response codes by which a server says "not now" rather than "not you".
BUSY = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"})
# What reading a malformed answer raises in imaplib and in IMAPClient's parser, deep nesting included.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class Session(IMAPClient):
    """IMAPClient whose every byte passes through a Wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__(host="", ssl=False)
        # IMAPClient switches imaplib's tracing on and formats each line for it, passwords too.
        self._imap.debug = 0
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - IMAPClient's name
        return _Protocol(self.wire)


class _Protocol(imaplib.IMAP4):
    """imaplib on a Wire that is already greeted and encrypted."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._greeted = False
        super().__init__()

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.sock = self._wire.sock

    def readline(self) -> bytes:
        if self._greeted:
            return self._wire.readline()
        self._greeted = True  # `greet` has read the server's own; what it said in clear counts for nothing
        return GREETING

    def read(self, size: int) -> bytes:
        if size > self._wire.limits.literal:
            raise TemporaryFault(Code.TOO_BIG)
        return self._wire.read(size)

    def send(self, data: ReadableBuffer) -> None:
        self._wire.write(bytes(data))

    def shutdown(self) -> None:
        self._wire.close()


def open_session(endpoint: Endpoint, *, watch: Watch = unwatched) -> Session:
    """Connect, verify, log in; `watch` is told of each stage. Raises TransportFault; then nothing is left open."""
    wire = connect(endpoint, _ask_for_tls, watch=watch)
    try:
        if endpoint.security is Security.IMPLICIT:
            _greet(wire)
        with answers():
            session = Session(wire)
            watch(Stage.WELCOMED, wire)
            _log_in(session, endpoint)
        watch(Stage.LOGGED_IN, wire)
    except BaseException:
        wire.close()
        raise
    reach("inbound.after-login")
    return session


@contextmanager
def answers() -> Iterator[None]:
    """Turn whatever an unwelcome or malformed answer raises into a TransportFault."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        code = Code.PROTOCOL if "unexpected" in str(error) else Code.CLOSED
        raise TemporaryFault(code) from error
    except imaplib.IMAP4.error as error:
        raise TemporaryFault(Code.REJECTED, _response_code(str(error))) from error
    except UNREADABLE as error:
        raise TemporaryFault(Code.PROTOCOL, type(error).__name__) from error


def _greet(wire: Wire) -> None:
    line = wire.readline().upper()
    if line.startswith(b"* OK"):
        return
    if line.startswith(b"* BYE"):
        raise TemporaryFault(Code.CLOSED, _response_code(line.decode("latin-1")))
    # PREAUTH too: it would skip STARTTLS, or put us in a mailbox that we did not name (RFC 9051 7.1.4, 11.1).
    raise MailboxFault(Code.PROTOCOL, "PREAUTH" if line.startswith(b"* PREAUTH") else "no greeting")


def _ask_for_tls(wire: Wire) -> None:
    """The only clear lines: no CAPABILITY is asked, because nothing said before TLS would be believed."""
    _greet(wire)
    wire.write(b"S1 STARTTLS\r\n")
    line = wire.readline()
    while line.startswith(b"* "):  # the wire's limit on lines ends this
        line = wire.readline()
    if not line.upper().startswith(b"S1 OK"):
        raise MailboxFault(Code.STARTTLS_MISSING)


def _log_in(session: Session, endpoint: Endpoint) -> None:
    name = endpoint.login or ""
    try:
        if endpoint.token is not None:
            bearer = f"user={name}\1auth=Bearer {endpoint.token}\1\1"
            _authenticate(session, "XOAUTH2", bearer)
        elif endpoint.password is None:
            _authenticate(session, "EXTERNAL", name)
        elif session.has_capability("AUTH=PLAIN"):
            _authenticate(session, "PLAIN", f"\0{name}\0{endpoint.password}")
        elif session.has_capability("LOGINDISABLED"):
            raise MailboxFault(Code.LOGIN_UNSUPPORTED, "LOGIN")
        else:
            session.login(name, endpoint.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _login_fault(str(error)) from error


def _authenticate(session: Session, mechanism: str, response: str) -> None:
    if not session.has_capability(f"AUTH={mechanism}"):
        raise MailboxFault(Code.LOGIN_UNSUPPORTED, mechanism)
    waiting = [response]  # a second challenge carries an error text: XOAUTH2 wants an empty answer to it
    session.sasl_login(mechanism, lambda _challenge: waiting.pop() if waiting else "")


def _login_fault(text: str) -> TransportFault:
    """The text itself is not kept: a server may repeat the login in it."""
    code = _response_code(text)
    if code in BUSY:
        return TemporaryFault(Code.THROTTLED, code)
    if "certificate" in text.lower():
        return MailboxFault(Code.TLS_CLIENT_CERTIFICATE, code)
    return MailboxFault(Code.LOGIN_REFUSED, code)


def _response_code(text: str) -> str:
    found = re.search(r"\[([A-Z][A-Z0-9-]{2,30})\b", text)
    return found.group(1) if found else ""
