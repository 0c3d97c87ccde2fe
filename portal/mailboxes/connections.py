"""From a mailbox to the settings of its two connections: its own authorities, its own certificate."""

from __future__ import annotations

import hashlib
import ssl
from typing import Any

from django.conf import settings

from portal.mail.endpoint import Security
from portal.mail.faults import Code, MailboxFault
from portal.mail.imap import ImapSettings
from portal.mail.smtp import SmtpSettings
from portal.mail.tls import client_context
from portal.mail.wire import Limits
from portal.mailboxes.credentials import Credentials, open_credentials
from portal.mailboxes.models import CredentialKind, Mailbox
from portal.vault.keys import Unopenable

MOST_CONTEXTS = 500

_contexts: dict[bytes, ssl.SSLContext] = {}


def imap_settings(mailbox: Mailbox) -> ImapSettings:
    """How to read this mailbox.

    Raises:
        NoPrivateKey: not in this process.
        MailboxFault: its settings, trust bundle, certificate or sealed credentials are no good.
    """
    return ImapSettings(
        host=mailbox.imap_host,
        port=mailbox.imap_port,
        security=Security(mailbox.imap_security),
        folder=mailbox.folder,
        limits=Limits(literal=settings.MAX_FETCH_BYTES),
        **_identity(mailbox),
    )


def smtp_settings(mailbox: Mailbox) -> SmtpSettings:
    """How to send from this mailbox; raises what `imap_settings` does."""
    return SmtpSettings(
        host=mailbox.smtp_host,
        port=mailbox.smtp_port,
        security=Security(mailbox.smtp_security),
        **_identity(mailbox),
    )


def context_for(credentials: Credentials, *, trust_pem: str, crl_pem: str = "") -> ssl.SSLContext:
    """The TLS context for these contents; this process makes each one once.

    Raises:
        MailboxFault: settings-trust or settings-certificate.
    """
    parts = (trust_pem, crl_pem, credentials.certificate, credentials.key, credentials.passphrase)
    digest = hashlib.sha256(b"".join(_measured(part) for part in parts)).digest()
    found = _contexts.get(digest)
    if found is None:
        found = _make(*(part.encode() for part in parts))
        if len(_contexts) >= MOST_CONTEXTS:
            _contexts.clear()
        _contexts[digest] = found
    return found


def _identity(mailbox: Mailbox) -> dict[str, Any]:
    """What both connections share: the TLS context, and who we say we are."""
    try:
        credentials = open_credentials(mailbox)
    except Unopenable as error:
        raise MailboxFault(Code.SETTINGS_CERTIFICATE) from error
    identity: dict[str, Any] = {
        "context": context_for(credentials, trust_pem=mailbox.trust_pem, crl_pem=mailbox.crl_pem),
        "login": mailbox.login or None,
    }
    if mailbox.credential_kind == CredentialKind.TOKEN:
        return identity | {"login": mailbox.login or mailbox.address, "token": credentials.token}
    if mailbox.credential_kind in (CredentialKind.PASSWORD, CredentialKind.BOTH):
        return identity | {"login": mailbox.login or mailbox.address, "password": credentials.password}
    return identity


def _make(trust: bytes, crl: bytes, certificate: bytes, key: bytes, passphrase: bytes) -> ssl.SSLContext:
    return client_context(
        trust,
        crl=crl or None,
        certificate=certificate or None,
        key=key or None,
        passphrase=passphrase or None,
    )


def _measured(part: str) -> bytes:
    """With its length before it, so that no two lists of parts run together into the same bytes."""
    content = part.encode()
    return len(content).to_bytes(4, "big") + content
