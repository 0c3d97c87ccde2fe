"""The operators to test against: the sandbox always, Dovecot with Postfix where they are installed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.mail.endpoint import Security
from portal.mail.imap import ImapSettings
from portal.mail.smtp import SmtpSettings
from portal.mail.tls import MailboxContext, client_context
from sandbox.authority import Authority
from sandbox.operator import running_operator
from sandbox.people import DOCTOR, GARE, PATIENT, SOLEIL
from tests.servers import dovecot, postfix


@dataclass(frozen=True)
class Peer:
    """An operator with the mailboxes of Soleil, Gare, a doctor and a patient, whichever servers it is made of."""

    authority: Authority
    imap: dict[Security, int]
    smtp: dict[Security, int]
    passwords: dict[str, str]

    def context(self, mailbox: str) -> MailboxContext:
        """The TLS context of a mailbox, with its certificate."""
        pair = self.authority.keep(f"client.{mailbox}", lambda: self.authority.client(mailbox))
        return client_context(
            self.authority.trust, crl=self.authority.crl, certificate=pair.certificate, key=pair.key
        )

    def reading(self, mailbox: str, security: Security = Security.IMPLICIT) -> ImapSettings:
        """How to read a mailbox: certificate and password, or the certificate alone where it has no password."""
        return ImapSettings(
            host="localhost",
            port=self.imap[security],
            security=security,
            context=self.context(mailbox),
            login=mailbox if mailbox in self.passwords else None,
            password=self.passwords.get(mailbox),
        )

    def sending(self, mailbox: str, security: Security = Security.IMPLICIT) -> SmtpSettings:
        """How to send from a mailbox: its certificate."""
        return SmtpSettings(
            host="localhost", port=self.smtp[security], security=security, context=self.context(mailbox)
        )


MAILBOXES = [SOLEIL, GARE, DOCTOR, PATIENT]


@contextmanager
def sandbox_peer() -> Iterator[Peer]:
    """The stand-in operator."""
    with tempfile.TemporaryDirectory() as folder, running_operator(Path(folder)) as operator:
        for mailbox in MAILBOXES:
            operator.store.create(mailbox)
        yield Peer(
            operator.authority,
            {Security.IMPLICIT: operator.ports.imap, Security.STARTTLS: operator.ports.imap_starttls},
            {Security.IMPLICIT: operator.ports.smtp, Security.STARTTLS: operator.ports.smtp_starttls},
            {mailbox: operator.password(mailbox) for mailbox in MAILBOXES},
        )


def real_peer_missing() -> str:
    """Why Dovecot and Postfix cannot run here: what to install, or nothing."""
    return dovecot.why_not() or postfix.why_not()


@contextmanager
def real_peer(*, by_certificate: bool = False) -> Iterator[Peer]:
    """Dovecot and Postfix; Dovecot asks for a password too, unless `by_certificate`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servers run as other users
        authority = Authority(folder / "pki")
        clients = [
            authority.keep(f"client.{box}", lambda box=box: authority.client(box)) for box in MAILBOXES
        ]
        with (
            dovecot.running_dovecot(folder, authority, MAILBOXES, by_certificate=by_certificate) as reading,
            postfix.running_postfix(folder, reading, MAILBOXES, clients) as sending,
        ):
            yield Peer(
                authority,
                {Security.IMPLICIT: reading.implicit, Security.STARTTLS: reading.starttls},
                {Security.IMPLICIT: sending.implicit, Security.STARTTLS: sending.starttls},
                {} if by_certificate else dict.fromkeys(MAILBOXES, dovecot.PASSWORD),
            )
