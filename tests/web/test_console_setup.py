"""The responsible person adds the BAL, changes it, and is told beside the field what is wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings

from portal.audit.models import Entry
from portal.mailboxes.credentials import open_credentials
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState, Probe
from portal.mailboxes.probing import run_due
from portal.outbound.models import Delivery
from portal.team.models import TotpDevice
from sandbox.people import SOLEIL
from tests.browsing import code_at, signed_in
from tests.cast import PASSWORD
from tests.mail.test_certificates import SECRET, packed
from tests.mailboxes.boxes import authority, open_box
from tests.servers.nameserver import name_server
from tests.web.console_case import ConsoleTestCase, console

NEW = console("mailbox_new")


@override_settings(DEMO=True)
class SetupTestCase(ConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.prove()

    def prove(self) -> None:
        TotpDevice.objects.filter(pk=self.phone.pk).update(last_t=-1)
        self.as_nadia.post(NEW, {"proof_password": PASSWORD, "proof_code": code_at(self.phone)})

    def typed(self, **changes: Any) -> dict[str, Any]:
        pair = authority().keep("client.setup", lambda: authority().client(SOLEIL))
        return {
            "address": SOLEIL,
            "label": "Pharmacie du Soleil",
            "kind": "ORG",
            "imap_host": "localhost",
            "imap_port": "9",
            "imap_security": "implicit",
            "smtp_host": "localhost",
            "smtp_port": "9",
            "smtp_security": "starttls",
            "folder": "INBOX",
            "trust": SimpleUploadedFile("igc.pem", authority().trust),
            "certificate": SimpleUploadedFile("pharmacie.p12", packed(pair, authority().trust)),
            "passphrase": SECRET,
        } | changes

    def refused(self, words: str, **changes: Any) -> Any:
        answer = self.as_nadia.post(NEW, self.typed(**changes))
        self.assertContains(answer, words, status_code=422)
        return answer


class AddingTheMailbox(SetupTestCase):
    def test_both_factors_are_asked_before_the_page_is_shown(self) -> None:
        fresh = signed_in(self.nadia, self.soleil)
        asked = fresh.get(f"{NEW}?operateur=x")
        self.assertContains(asked, "proof_code")
        self.assertContains(asked, f'action="{NEW}?operateur=x"')
        TotpDevice.objects.filter(pk=self.phone.pk).update(last_t=-1)
        answer = fresh.post(
            f"{NEW}?operateur=x", {"proof_password": PASSWORD, "proof_code": code_at(self.phone)}
        )
        self.assertRedirects(answer, f"{NEW}?operateur=x")

    def test_secrets_are_never_kept_in_the_question(self) -> None:
        fresh = signed_in(self.nadia, self.soleil)
        asked = fresh.post(NEW, {"label": "Soleil", "password": "secret-1", "passphrase": "secret-2"})
        self.assertContains(asked, "Soleil", status_code=422)
        self.assertNotContains(asked, "secret-", status_code=422)

    def test_it_is_added_sealed_and_its_connection_tried(self) -> None:
        answer = self.as_nadia.post(NEW, self.typed(password="mot-de-passe-de-la-bal"), follow=True)

        self.assertContains(answer, "La boîte est ajoutée")
        self.assertContains(answer, "Essai en cours")
        box = Mailbox.objects.get()
        self.assertEqual((box.credential_kind, box.smtp_security, box.kind), ("both", "starttls", "ORG"))
        credentials = open_credentials(box)
        self.assertEqual((credentials.password, credentials.passphrase), ("mot-de-passe-de-la-bal", ""))
        self.assertIn("PRIVATE KEY", credentials.key)
        self.assertEqual(Probe.objects.get().mailbox, box)
        self.assertEqual(
            list(Entry.objects.order_by("n").values_list("event", flat=True))[-2:],
            ["mailbox:create", "mailbox:test"],
        )

    def test_nothing_of_the_key_or_password_is_readable_in_the_database(self) -> None:
        self.as_nadia.post(NEW, self.typed(password="mot-de-passe-de-la-bal"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(m)::text FROM mailboxes_mailbox m")
            row = cursor.fetchone()[0]
        for word in ("PRIVATE", "mot-de-passe", b"mot-de-passe".hex(), b"PRIVATE".hex()):
            self.assertNotIn(word, row)

    def test_each_fault_is_said_beside_its_field_and_what_was_typed_is_kept(self) -> None:
        page = self.refused("ne s’ouvre pas avec ce mot de passe", passphrase="faux-secret")
        self.assertContains(page, f'value="{SOLEIL}"', status_code=422)
        self.assertContains(page, "à redonner", status_code=422)
        self.assertNotContains(page, "faux-secret", status_code=422)
        self.refused("pas de certificat lisible", certificate=SimpleUploadedFile("x.pem", b"rien"))
        self.refused("Donnez le certificat", certificate="", passphrase="")
        self.refused("Chargez les autorités", trust="")
        self.refused("pas de certificat lisible", trust=SimpleUploadedFile("x.pem", b"rien"))
        self.refused("adresse complète", address="pharmacie")
        self.refused("de 1 à 65535", imap_port="99999")
        self.refused("démonstration", imap_host="imap.operateur.fr")
        self.assertFalse(Mailbox.objects.exists())
        self.as_nadia.post(NEW, self.typed())
        self.refused("a déjà cette boîte")

    @override_settings(DEMO=False)
    def test_a_server_is_named_never_numbered(self) -> None:
        for host in ("localhost", "10.0.0.1", "::1", "http://imap.fr", "imap fr", "169.254.169.254"):
            self.refused("Écrivez le nom du serveur", imap_host=host, smtp_host="smtp.operateur.fr")

    def test_her_own_personal_mailbox_is_hers(self) -> None:
        self.as_nadia.post(NEW, self.typed(kind="PER"))
        self.assertEqual(Mailbox.objects.get().owner, self.nadia)


class Operators(SetupTestCase):
    def test_a_deployments_own_operator_fills_servers_and_authorities(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "igc.pem").write_bytes(authority().trust)
        (folder / "operateurs.toml").write_text(
            '[[operator]]\nname = "Opérateur du coin"\nnote = "Assistance : 01"\ntrust = "igc.pem"\n'
            'imap = { host = "imap.localhost", port = 1143, security = "starttls" }\n'
            'smtp = { host = "smtp.localhost", port = 1587, security = "starttls" }\n'
        )
        with override_settings(OPERATORS_FILE=str(folder / "operateurs.toml")):
            page = self.as_nadia.get(NEW, {"operateur": "op-rateur-du-coin"})
            for words in ('value="imap.localhost"', 'value="1587"', "celles fournies avec", "Assistance"):
                self.assertContains(page, words)
            self.as_nadia.post(NEW, self.typed(trust="", operator="op-rateur-du-coin"))
        self.assertEqual(Mailbox.objects.get().trust_pem, authority().trust.decode())

    def test_the_servers_are_found_from_the_address(self) -> None:
        records = {
            "_imap._tcp.officine-test.mssante.fr.": ["0 1 1143 imap.localhost."],
            "_submissions._tcp.officine-test.mssante.fr.": ["0 1 1465 smtp.localhost."],
        }
        with name_server(records) as where, override_settings(DNS_RESOLVER=where):
            waiting = self.as_nadia.post(console("mailbox_search"), {"address": SOLEIL}, follow=True)
            self.assertContains(waiting, "Recherche des serveurs")
            polled = self.as_nadia.htmx("get", console("mailbox_search"))
            self.assertContains(polled, "every 1s")
            run_due()
        over = self.as_nadia.htmx("get", console("mailbox_search"))
        page = self.as_nadia.get(over["HX-Redirect"])
        for words in ("Serveurs trouvés", 'value="imap.localhost"', 'value="1465"', f'value="{SOLEIL}"'):
            self.assertContains(page, words)

    def test_a_domain_that_says_nothing_and_an_address_that_is_none(self) -> None:
        with name_server({}) as where, override_settings(DNS_RESOLVER=where):
            self.as_nadia.post(console("mailbox_search"), {"address": SOLEIL})
            run_due()
        self.assertContains(self.as_nadia.get(NEW, {"cherche": "1"}), "n’annonce pas ses serveurs")
        bad = self.as_nadia.post(console("mailbox_search"), {"address": "pharmacie"}, follow=True)
        self.assertContains(bad, "adresse complète")


class ChangingTheMailbox(SetupTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def test_its_settings_change_and_what_was_not_given_stays(self) -> None:
        path = console("mailbox_settings", self.box.pk)
        self.assertContains(self.as_nadia.get(path), 'value="Pharmacie du Soleil"')
        answer = self.as_nadia.post(
            path, self.typed(imap_host="imap.localhost", trust="", label="Soleil"), follow=True
        )
        self.assertContains(answer, "Les réglages sont enregistrés")
        box = Mailbox.objects.get()
        self.assertEqual((box.imap_host, box.label, box.address), ("imap.localhost", "Soleil", SOLEIL))
        self.assertEqual(box.trust_pem, self.box.trust_pem)
        self.assertTrue(Entry.objects.filter(event="mailbox:change", actor=self.nadia.pk).exists())

    def test_new_credentials_replace_the_old_ones(self) -> None:
        path = console("mailbox_credentials", self.box.pk)
        self.assertContains(self.as_nadia.get(path), "Mot de passe")
        pair = authority().client(SOLEIL)
        wrong = {"certificate": SimpleUploadedFile("c.pem", pair.certificate)}
        self.assertContains(self.as_nadia.post(path, wrong), "La clé du certificat manque", status_code=422)
        both = {
            "certificate": SimpleUploadedFile("c.pem", pair.certificate),
            "key": SimpleUploadedFile("k.pem", pair.key),
        }
        self.as_nadia.post(path, both)
        box = Mailbox.objects.get()
        self.assertEqual((box.credential_kind, open_credentials(box).password), ("certificate", ""))
        self.assertTrue(Entry.objects.filter(event="mailbox:credentials").exists())

    def test_pause_and_resume(self) -> None:
        self.assertContains(
            self.as_nadia.post(console("mailbox_pause", self.box.pk), follow=True), "est en pause"
        )
        self.assertEqual(Mailbox.objects.get().state, MailboxState.PAUSED)
        self.assertFalse(Mailbox.objects.due().exists())
        self.as_nadia.post(console("mailbox_resume", self.box.pk))
        self.assertTrue(Mailbox.objects.due().exists())
        events = ["mailbox:stop", "mailbox:resume"]
        self.assertEqual(Entry.objects.filter(event__in=events).count(), 2)

    def test_a_colleagues_own_mailbox_does_not_exist_for_her(self) -> None:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        for name in ("settings", "credentials", "pause", "resume"):
            path = console(f"mailbox_{name}", own.pk)
            self.assertEqual(self.as_nadia.post(path, self.typed()).status_code, 404)
        self.assertEqual(Mailbox.objects.get(pk=own.pk).state, MailboxState.ACTIVE)
        self.assertFalse(Delivery.objects.exists())
