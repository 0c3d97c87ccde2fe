"""Where one of the operator's servers is, who we are there, and how to get a verified connection to it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from cryptography import x509

from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault
from portal.mail.wire import Limits, Wire


class Security(StrEnum):
    """How TLS starts: at once (993, 465), or after STARTTLS (143, 587: ECO.1.0.1, ECO.1.0.2)."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a server is and who we are there. With no password and no token, the certificate opens it.

    Raises MailboxFault (settings-address) if a text holds a control character: it would end a command early.
    """

    host: str
    port: int
    context: ssl.SSLContext = field(repr=False)
    security: Security = Security.IMPLICIT
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, str):
                refuse_controls(value)


def refuse_controls(text: str) -> None:
    """Raise MailboxFault (settings-address) if `text` could end a line of a protocol."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise MailboxFault(Code.SETTINGS_ADDRESS)


class Stage(StrEnum):
    """How far the opening of a session has come."""

    REACHED = "reached"  # the TCP connection stands
    SECURED = "secured"  # the server's certificate is good; in TLS 1.3 ours may still be refused
    WELCOMED = "welcomed"  # the server has spoken under TLS: ours was taken
    LOGGED_IN = "logged-in"


Watch = Callable[[Stage, Wire], None]


def unwatched(stage: Stage, wire: Wire) -> None:
    """Stand in for a caller that does not ask how far it came."""


def connect(endpoint: Endpoint, ask_for_tls: Callable[[Wire], None], *, watch: Watch = unwatched) -> Wire:
    """Open a verified TLS connection. `ask_for_tls` speaks before STARTTLS; nothing else is said in clear.

    `watch` is told when it is reached, and when it is secured. Raises TransportFault.
    """
    wire = Wire(_dial(endpoint), endpoint.limits)
    try:
        watch(Stage.REACHED, wire)
        if endpoint.security is Security.STARTTLS:
            ask_for_tls(wire)
        wire.upgrade(endpoint.context, endpoint.host)
        watch(Stage.SECURED, wire)
    except TransportFault as fault:
        wire.close()
        if fault.code in (Code.TLS_EXPIRED, Code.TLS_NOT_YET_VALID):
            fault.when = _certificate_date(endpoint, ask_for_tls, fault.code)
        raise
    except BaseException:
        wire.close()
        raise
    return wire


def _dial(endpoint: Endpoint) -> socket.socket:
    try:
        sock = socket.create_connection((endpoint.host, endpoint.port), endpoint.limits.connect)
    except socket.gaierror as error:
        raise TemporaryFault(Code.DNS) from error
    except TimeoutError as error:
        raise TemporaryFault(Code.TIMEOUT) from error
    except OSError as error:
        raise TemporaryFault(Code.REFUSED, error.strerror or "") from error
    except UnicodeError as error:  # "imap..example": no such name can be looked for
        raise MailboxFault(Code.SETTINGS_ADDRESS) from error
    # The final dot leaves in a packet of its own: it must not wait for the body's acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _certificate_date(endpoint: Endpoint, ask_for_tls: Callable[[Wire], None], code: Code) -> date | None:
    """The date that made the server's certificate unfit, for the message to the pharmacist.

    OpenSSL does not give up a refused certificate, so this asks again, on a second connection that says
    nothing, presents nothing and trusts nothing.
    """
    look = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    look.check_hostname = False
    look.verify_mode = ssl.CERT_NONE
    try:
        wire = Wire(_dial(endpoint), endpoint.limits)
    except TransportFault:
        return None
    try:
        if endpoint.security is Security.STARTTLS:
            ask_for_tls(wire)
        wire.upgrade(look, endpoint.host)
        return _date_in(wire.sock, code)
    except TransportFault:
        return None
    finally:
        wire.close()


def _date_in(sock: socket.socket, code: Code) -> date | None:
    der = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
    if der is None:
        return None
    certificate = x509.load_der_x509_certificate(der)
    moment = certificate.not_valid_after_utc if code is Code.TLS_EXPIRED else certificate.not_valid_before_utc
    return moment.date()
