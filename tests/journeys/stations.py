"""The operator of a journey, whichever servers it is made of: connect a mailbox to it, read what others got."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes

from imapclient import IMAPClient

from portal.mail.endpoint import Security
from portal.mail.imap import open_mailbox
from portal.mail.smtp import State, Submission
from portal.mailboxes.actions import Server, add_mailbox
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from sandbox.people import SOLEIL
from tests.servers.peers import Peer


def connect(peer: Peer, address: str = SOLEIL, label: str = "Pharmacie du Soleil") -> Mailbox:
    """Open the mailbox at the operator for the pharmacy one is in, with its certificate alone."""
    pair = peer.authority.keep(f"client.{address}", lambda: peer.authority.client(address))
    return add_mailbox(
        address=address,
        label=label,
        imap=Server("localhost", peer.imap[Security.IMPLICIT]),
        smtp=Server("localhost", peer.smtp[Security.IMPLICIT]),
        credentials=Credentials(certificate=pair.certificate.decode(), key=pair.key.decode()),
        trust_pem=peer.authority.trust.decode(),
        crl_pem=peer.authority.crl.decode(),
        by=None,
    )


def held(peer: Peer, address: str) -> list[bytes]:
    """Every message in a mailbox, oldest first, as its holder would fetch it."""
    with open_mailbox(peer.reading(address)) as box:
        box.select()
        uids = box.uids()
        return [found.raw or b"" for found in box.fetch(uids)] if uids else []


def copies(peer: Peer, address: str) -> Counter[str]:
    """How many messages of each Message-ID a mailbox holds."""
    return Counter(str(message_from_bytes(raw)["Message-ID"]).strip() for raw in held(peer, address))


def write(peer: Peer, raw: bytes, *, sender: str, to: str = SOLEIL) -> None:
    """Send a message as another mailbox of the operator."""
    with Submission.connect(peer.sending(sender)) as line:
        outcome = line.send(raw, sender=sender, recipients=[to], envelope_id="x", before_dot=lambda: True)
    if outcome.state != State.ACCEPTED:
        raise AssertionError(outcome.verdicts)


def flags(peer: Peer, address: str) -> set[bytes]:
    """Every flag that stands on a message of the mailbox, but the server's own \\Recent."""
    settings = peer.reading(address)
    with IMAPClient(settings.host, settings.port, ssl_context=settings.context, timeout=20) as client:
        if settings.password:
            client.plain_login(settings.login, settings.password)
        else:
            client.sasl_login("EXTERNAL", lambda challenge: b"")
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search(), ["FLAGS"])
    return {flag for items in found.values() for flag in items[b"FLAGS"]} - {b"\\Recent"}
