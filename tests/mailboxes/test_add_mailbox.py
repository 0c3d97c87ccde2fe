"""Tests of `manage.py add_mailbox`: what is wrong is said in French, and nothing is half added."""

from __future__ import annotations

import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection

from portal.mailboxes.credentials import open_credentials
from portal.mailboxes.models import Mailbox
from tenants.context import leave
from tests.base import PharmacyTestCase
from tests.mailboxes.boxes import authority

ADDRESS = "pharmacie-du-soleil@officine-test.mssante.fr"


class AddMailbox(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        pair = authority().client(ADDRESS)
        for name, content in (
            ("trust.pem", authority().trust),
            ("crl.pem", authority().crl),
            ("cert.pem", pair.certificate),
            ("key.pem", pair.key),
            ("other.pem", authority().client("autre@soleil").key),
            ("password", "Mot de passe é\n".encode()),
            ("binary", b"\xff\xfe\x00"),
        ):
            (self.folder / name).write_bytes(content)

    def add(self, **options: str) -> str:
        given = {
            "pharmacy": self.soleil.schema_name,
            "address": ADDRESS,
            "imap": "imap.mssante.example",
            "smtp": "smtp.mssante.example:5465",
            "trust": "trust.pem",
            "password_file": "password",
        } | options
        files = {"trust", "crl", "certificate", "key", "password_file"}
        arguments = [
            f"--{name.replace('_', '-')}={self.folder / value if name in files else value}"
            for name, value in given.items()
        ]
        out = StringIO()
        leave()
        try:
            call_command("add_mailbox", *arguments, stdout=out)
        finally:
            connection.set_tenant(self.soleil)
        return out.getvalue()

    def refused(self, **options: str) -> str:
        with self.assertRaises(CommandError) as caught:
            self.add(**options)
        self.assertEqual(Mailbox.objects.count(), 0)
        return str(caught.exception)

    def test_a_mailbox_is_added_with_the_usual_ports(self) -> None:
        said = self.add(certificate="cert.pem", key="key.pem", crl="crl.pem")

        box = Mailbox.objects.get()
        self.assertIn(ADDRESS, said)
        self.assertEqual((box.imap_port, box.smtp_port, box.credential_kind), (993, 5465, "both"))
        self.assertEqual(box.label, "Pharmacie du Soleil")
        self.assertEqual(open_credentials(box).password, "Mot de passe é")

    def test_starttls_has_ports_of_its_own(self) -> None:
        self.add(security="starttls", smtp="smtp.mssante.example")

        box = Mailbox.objects.get()
        self.assertEqual((box.imap_port, box.smtp_port), (143, 587))

    def test_a_personal_mailbox_names_its_owner(self) -> None:
        self.add(kind="PER", owner="claire")

        self.assertEqual(Mailbox.objects.get().owner, self.claire)

    def test_each_mistake_is_named_in_french(self) -> None:
        for options, expected in (
            ({"pharmacy": "t_0"}, "Aucune pharmacie"),
            ({"address": "soleil"}, "pas une adresse"),
            ({"imap": "imap.example:abc"}, "écrivez hôte ou hôte:port"),
            ({"imap": "imap.example:70000"}, "écrivez hôte ou hôte:port"),
            ({"trust": "absent.pem"}, "illisible"),
            ({"trust": "binary"}, "illisible"),
            ({"trust": "password"}, "autorités de confiance"),
            ({"certificate": "cert.pem"}, "va avec sa clé"),
            ({"certificate": "cert.pem", "key": "other.pem"}, "certificat de la pharmacie ou sa clé"),
            ({"kind": "PER"}, "elle seule, a un titulaire"),
            ({"owner": "claire"}, "elle seule, a un titulaire"),
            ({"kind": "PER", "owner": "hugo"}, "Personne ne se connecte"),
        ):
            with self.subTest(options=options):
                self.assertIn(expected, self.refused(**options))

    def test_the_same_address_twice_is_said(self) -> None:
        self.add()

        with self.assertRaisesMessage(CommandError, "a déjà la BAL"):
            self.add()
