"""Tests that only a worker reads what opens a mailbox, and that each mailbox trusts its own authorities alone."""

from __future__ import annotations

import ssl
from unittest import TestCase

from django.test import override_settings

from portal.mail.endpoint import Security
from portal.mail.faults import Code, MailboxFault
from portal.mailboxes.actions import Server
from portal.mailboxes.connections import imap_settings, smtp_settings
from portal.mailboxes.credentials import Credentials, open_credentials, seal
from portal.mailboxes.models import CredentialKind, Mailbox
from portal.mailboxes.models import Security as StoredSecurity
from portal.vault.keys import NoPrivateKey, Unopenable
from tests.base import PharmacyTestCase
from tests.mailboxes.boxes import authority, open_box

CERTIFIED = authority().client("pharmacie@soleil.mssante.example")
BOTH = Credentials(
    password="Mot de passe é", certificate=CERTIFIED.certificate.decode(), key=CERTIFIED.key.decode()
)


class Kinds(TestCase):
    def test_the_kind_follows_from_what_is_given(self) -> None:
        self.assertEqual(BOTH.kind, CredentialKind.BOTH)
        self.assertEqual(Credentials(password="x").kind, CredentialKind.PASSWORD)
        self.assertEqual(Credentials(certificate="x", key="y").kind, CredentialKind.CERTIFICATE)
        self.assertEqual(Credentials(token="x").kind, CredentialKind.TOKEN)
        self.assertIsNone(Credentials().kind)

    def test_nothing_secret_is_printed(self) -> None:
        self.assertNotIn("Mot", repr(BOTH))


class Sealing(PharmacyTestCase):
    def test_a_worker_opens_what_was_sealed(self) -> None:
        box = open_box(credentials=BOTH)

        box = Mailbox.objects.get(pk=box.pk)

        self.assertEqual(open_credentials(box), BOTH)
        self.assertNotIn(b"Mot de passe", bytes(box.credentials))

    def test_the_web_seals_and_cannot_open(self) -> None:
        with override_settings(TRANSPORT_PRIVATE_KEYS=[]):
            box = open_box(credentials=BOTH)

            self.assertRaises(NoPrivateKey, open_credentials, box)
            self.assertRaises(NoPrivateKey, imap_settings, box)

    def test_credentials_moved_to_another_mailbox_do_not_open(self) -> None:
        one, other = open_box(), open_box("une-autre@officine-test.mssante.fr")
        other.credentials = one.credentials

        self.assertRaises(Unopenable, open_credentials, other)
        with self.assertRaises(MailboxFault) as caught:
            smtp_settings(other)
        self.assertEqual(caught.exception.code, Code.SETTINGS_CERTIFICATE)

    def test_sealing_twice_gives_other_bytes(self) -> None:
        box = open_box()

        self.assertNotEqual(seal(BOTH, mailbox_id=box.id), seal(BOTH, mailbox_id=box.id))


class Connections(PharmacyTestCase):
    def test_settings_say_where_and_who(self) -> None:
        box = open_box(
            imap=Server("imap.mssante.example", 143, StoredSecurity.STARTTLS),
            smtp=Server("smtp.mssante.example", 465),
            credentials=BOTH,
            folder="Réception",
        )

        reading, sending = imap_settings(box), smtp_settings(box)

        where = [(each.host, each.port, each.security) for each in (reading, sending)]
        self.assertEqual(where[0], ("imap.mssante.example", 143, Security.STARTTLS))
        self.assertEqual(where[1], ("smtp.mssante.example", 465, Security.IMPLICIT))
        self.assertEqual(reading.folder, "Réception")
        self.assertEqual((reading.login, reading.password), (box.address, "Mot de passe é"))
        self.assertIsNone(reading.token)

    def test_a_certificate_alone_shows_no_password(self) -> None:
        box = open_box(credentials=Credentials(certificate=BOTH.certificate, key=BOTH.key))

        self.assertIsNone(imap_settings(box).password)

    def test_the_systems_authorities_are_not_trusted(self) -> None:
        context = imap_settings(open_box()).context

        self.assertEqual(context.cert_store_stats()["x509"], 1)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)

    def test_a_context_is_made_once_for_the_same_contents(self) -> None:
        box = open_box(credentials=BOTH)

        self.assertIs(imap_settings(box).context, smtp_settings(box).context)
        self.assertIsNot(
            imap_settings(box).context, imap_settings(open_box("b@officine-test.mssante.fr")).context
        )
