"""Mailboxes for tests: at a running sandbox operator, or at servers that nobody asks."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from portal.mailboxes.actions import Server, add_mailbox
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from sandbox.authority import Authority
from sandbox.operator import Operator
from sandbox.people import SOLEIL

NOWHERE = Server("localhost", 9)


@cache
def authority() -> Authority:
    """One for the whole run: what it signed is never shown to anyone."""
    return Authority(Path(tempfile.mkdtemp(prefix="officinal-pki-")))


def open_box(address: str = SOLEIL, **changes: Any) -> Mailbox:
    """A mailbox of the pharmacy one is in, whose servers do not answer."""
    options: dict[str, Any] = {
        "address": address,
        "label": "Pharmacie du Soleil",
        "imap": NOWHERE,
        "smtp": NOWHERE,
        "credentials": Credentials(password="Mot de passe é"),
        "trust_pem": authority().trust.decode(),
        "by": None,
    }
    return add_mailbox(**(options | changes))


def box_at(operator: Operator, address: str = SOLEIL, **changes: Any) -> Mailbox:
    """A mailbox at the sandbox operator, opened by its certificate."""
    pair = operator.client_certificate(address)
    options: dict[str, Any] = {
        "imap": Server("localhost", operator.imap_port),
        "smtp": Server("localhost", operator.smtp_port),
        "credentials": Credentials(certificate=pair.certificate.decode(), key=pair.key.decode()),
        "trust_pem": operator.trust_pem.decode(),
        "crl_pem": operator.crl_pem.decode(),
    }
    return open_box(address, **(options | changes))
