"""Make the TLS context of one mailbox, and name what OpenSSL refuses."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.mail.faults import Code, MailboxFault, TemporaryFault, TransportFault

TMPFS = Path("/dev/shm")  # noqa: S108 - memory, never a disk; each file is 0600 and gone within the call
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"

# openssl/x509_vfy.h, X509_V_ERR_*
_VERIFY_CODES = {
    3: Code.TLS_CRL,
    8: Code.TLS_CRL,
    9: Code.TLS_NOT_YET_VALID,
    10: Code.TLS_EXPIRED,
    11: Code.TLS_CRL,
    12: Code.TLS_CRL,
    23: Code.TLS_REVOKED,
    62: Code.TLS_HOSTNAME,
    64: Code.TLS_HOSTNAME,
}
# Alerts by which a server refuses our certificate, in TLS 1.2 at the handshake, in TLS 1.3 on the first read.
_CLIENT_REFUSED = (
    "CERTIFICATE_REQUIRED",
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_ACCESS_DENIED",
)
# In TLS 1.2 this alert says "where is your certificate?" or "no cipher in common": what we showed decides.
_CLIENT_MISSING = "ALERT_HANDSHAKE_FAILURE"


class MailboxContext(ssl.SSLContext):
    """A client's context that remembers whether it has a certificate to show."""

    has_certificate = False


def client_context(
    trust: bytes,
    *,
    crl: bytes | None = None,
    certificate: bytes | None = None,
    key: bytes | None = None,
    passphrase: bytes | None = None,
) -> MailboxContext:
    """A context that trusts `trust` (PEM) and nothing else (référentiel #2: ECO.1.1.1, 1.1.5, 1.1.6, 1.1.10).

    `trust` may hold an intermediate authority alone: then only what that one issued is accepted. With `crl`
    (PEM, one or several) the server's certificate is checked against it. `certificate` is our own PEM chain,
    leaf first. Raises MailboxFault (settings-trust, settings-certificate).
    """
    context = MailboxContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    _trust(context, trust, crl)
    if certificate:
        _present(context, certificate, key or b"", passphrase)
        context.has_certificate = True
    return context


def named(error: OSError, context: ssl.SSLContext | None = None) -> TransportFault:
    """The fault behind an error of the ssl module or the socket under it; `context` made the connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _VERIFY_CODES.get(error.verify_code, Code.TLS_CHAIN)
        return MailboxFault(code, error.verify_message)
    if isinstance(error, ssl.SSLError):
        shown = isinstance(context, MailboxContext) and context.has_certificate
        return _refused_handshake(error, shown=shown)
    if isinstance(error, TimeoutError):
        return TemporaryFault(Code.TIMEOUT)
    if isinstance(error, ConnectionRefusedError):
        return TemporaryFault(Code.REFUSED)
    return TemporaryFault(Code.CLOSED, error.strerror or "")


def _refused_handshake(error: ssl.SSLError, *, shown: bool) -> TransportFault:
    reason = error.reason or ""
    words = reason.replace("_", " ").lower()
    refused = any(alert in reason for alert in _CLIENT_REFUSED)
    if refused or (_CLIENT_MISSING in reason and not shown):
        return MailboxFault(Code.TLS_CLIENT_CERTIFICATE, words)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TemporaryFault(Code.CLOSED, words)
    return MailboxFault(Code.TLS_PROTOCOL, words)


def _trust(context: ssl.SSLContext, trust: bytes, crl: bytes | None) -> None:
    try:
        context.load_verify_locations(cadata=trust.decode("ascii"))
        if crl:
            with _file_in_memory(crl) as path:  # cadata takes certificates only
                context.load_verify_locations(cafile=path)
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    except (ssl.SSLError, ValueError) as error:
        raise MailboxFault(Code.SETTINGS_TRUST) from error


def _present(context: ssl.SSLContext, certificate: bytes, key: bytes, passphrase: bytes | None) -> None:
    try:
        with _file_in_memory(certificate + b"\n" + key) as path:
            # A password is always given: else OpenSSL asks on the terminal for that of a sealed key.
            context.load_cert_chain(path, password=passphrase or b"")
    except (ssl.SSLError, ValueError) as error:
        raise MailboxFault(Code.SETTINGS_CERTIFICATE) from error


@contextmanager
def _file_in_memory(content: bytes) -> Iterator[str]:
    """A 0600 file on tmpfs where there is one: the ssl module loads keys and CRLs from files only."""
    folder = TMPFS if TMPFS.is_dir() and os.access(TMPFS, os.W_OK) else None
    descriptor, path = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        Path(path).unlink()
