"""Seal what lets us into a mailbox: any process seals, only one that holds the private key opens."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from uuid import UUID

from portal.mailboxes.models import CredentialKind, Mailbox
from portal.vault.keys import open_from_transport, seal_for_transport
from tenants.context import current_pharmacy


@dataclass(frozen=True)
class Credentials:
    """Certificate and key are PEM; what a mailbox does not use is empty."""

    password: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def kind(self) -> CredentialKind | None:
        """How the operator lets this one in; None if nothing was given."""
        if self.token:
            return CredentialKind.TOKEN
        if self.certificate:
            return CredentialKind.BOTH if self.password else CredentialKind.CERTIFICATE
        return CredentialKind.PASSWORD if self.password else None


def seal(credentials: Credentials, *, mailbox_id: UUID) -> bytes:
    """Seal to the workers' public key, for this mailbox of this pharmacy alone."""
    return seal_for_transport(json.dumps(asdict(credentials)).encode(), aad=_place(mailbox_id))


def open_credentials(mailbox: Mailbox) -> Credentials:
    """Undo `seal`.

    Raises:
        NoPrivateKey: this process can seal credentials, not read them (web).
        Unopenable: altered, or sealed for another mailbox or to a key that is gone.
    """
    plain = open_from_transport(bytes(mailbox.credentials), aad=_place(mailbox.id))
    return Credentials(**json.loads(plain))


def _place(mailbox_id: UUID) -> bytes:
    return b"mailbox.credentials\0" + current_pharmacy().id.bytes + mailbox_id.bytes
