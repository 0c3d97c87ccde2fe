"""Tests of fetching on a real Dovecot; the same promises are held by the sandbox where it is not installed."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

from imapclient import IMAPClient

from portal.inbound.fetch import fetch_mailbox
from portal.inbound.models import RawMessage
from portal.mailboxes.actions import Server
from portal.mailboxes.connections import imap_settings
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox, Security
from sandbox.authority import Authority
from sandbox.people import SOLEIL
from tests.base import PharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.servers import dovecot

MISSING = dovecot.why_not()


@unittest.skipIf(MISSING, MISSING)
class OnDovecot(PharmacyTestCase):
    server: ClassVar[dovecot.Dovecot]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        running = dovecot.running_dovecot(folder, Authority(folder / "pki"), [SOLEIL])
        cls.server = cls.enterClassContext(running)
        pair = cls.server.authority.client(SOLEIL)
        cls.credentials = Credentials(
            password=dovecot.PASSWORD, certificate=pair.certificate.decode(), key=pair.key.decode()
        )

    def box(self, security: Security = Security.IMPLICIT) -> Mailbox:
        port = self.server.implicit if security == Security.IMPLICIT else self.server.starttls
        return open_box(
            imap=Server("localhost", port, security),
            credentials=self.credentials,
            trust_pem=self.server.authority.trust.decode(),
            crl_pem=self.server.authority.crl.decode(),
        )

    def fetch(self, box: Mailbox) -> None:
        fetch_mailbox(box.id)
        box.refresh_from_db()
        self.assertEqual(box.fetch_fault, "")

    def there(self, box: Mailbox) -> dict[int, tuple[bytes, bool]]:
        """Bytes and \\Seen of each mail, by another connection."""
        with IMAPClient("localhost", self.server.implicit, ssl_context=imap_settings(box).context) as other:
            other.plain_login(SOLEIL, dovecot.PASSWORD)
            other.select_folder("INBOX", readonly=True)
            found = other.fetch(other.search(), ["BODY.PEEK[]", "FLAGS"])
        return {uid: (each[b"BODY[]"], b"\\Seen" in each[b"FLAGS"]) for uid, each in found.items()}

    def test_a_hundred_mails_are_here_to_the_byte_and_unseen_there(self) -> None:
        self.server.deliver(
            SOLEIL, *(letter(subject=f"N° {number}", text="é" * number) for number in range(100))
        )
        box = self.box()

        self.fetch(box)
        self.fetch(box)

        held = {raw.uid: (raw.read_blob(), False) for raw in RawMessage.objects.filter(mailbox=box)}
        self.assertEqual(held, self.there(box))
        self.assertGreaterEqual(len(held), 100)

    def test_starttls_is_as_good(self) -> None:
        self.server.deliver(SOLEIL, letter())

        box = self.box(Security.STARTTLS)
        self.fetch(box)

        self.assertEqual(RawMessage.objects.filter(mailbox=box).count(), len(self.there(box)))

    def test_a_mail_expunged_by_another_program_disturbs_nothing(self) -> None:
        self.server.deliver(SOLEIL, *(letter(subject=f"N° {number}") for number in range(4)))
        box = self.box()
        self.fetch(box)
        with IMAPClient("localhost", self.server.implicit, ssl_context=imap_settings(box).context) as other:
            other.plain_login(SOLEIL, dovecot.PASSWORD)
            other.select_folder("INBOX")
            other.delete_messages(sorted(self.there(box))[1:3])
            other.expunge()
        self.server.deliver(SOLEIL, letter(subject="Après"))

        self.fetch(box)

        held = set(RawMessage.objects.filter(mailbox=box).values_list("uid", flat=True))
        self.assertLess(set(self.there(box)), held)
