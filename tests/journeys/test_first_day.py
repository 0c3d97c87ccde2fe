"""The first day of a pharmacy, from the invitation link to a message that comes back, in a real browser."""

from __future__ import annotations

import base64
import unittest
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from django_otp.oath import totp

from portal.conversations.models import Message, MessageKind
from portal.mail.endpoint import Security
from portal.team.links import new_link
from portal.team.models import LinkPurpose, Responsibility
from sandbox.people import SOLEIL
from tests.journeys.browser import WIDE, Window, running_browser, why_not
from tests.journeys.stage import JourneyTestCase
from tests.mail.test_certificates import SECRET, packed
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "Trois-renards-bleus-7"
MOST_TABS = 60


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class FirstDay(JourneyTestCase):
    start = partial(sandbox_peer)
    has_mailbox = False

    def setUp(self) -> None:
        super().setUp()
        nadia = Responsibility.objects.get().user
        nadia.set_unusable_password()
        nadia.save(update_fields=["password"])
        token = new_link(nadia, LinkPurpose.INVITATION, now=timezone.now())
        self.link = self.house.url("soleil.localhost", f"/equipe/invitation/{token}")
        pair = self.peer.authority.keep(f"client.{SOLEIL}", lambda: self.peer.authority.client(SOLEIL))
        self.certificate = packed(pair, self.peer.authority.trust)

    def own_settings(self) -> dict[str, str]:
        """The operator stands in the console's list, as a deployment would put it there."""
        file = self.folder / "operators.toml"
        (self.folder / "ca.pem").write_bytes(self.peer.authority.trust)
        (self.folder / "crl.pem").write_bytes(self.peer.authority.crl)
        servers = "".join(
            f'{side} = {{ host = "localhost", port = {port[Security.STARTTLS]}, security = "starttls" }}\n'
            for side, port in (("imap", self.peer.imap), ("smtp", self.peer.smtp))
        )
        file.write_text(f'[[operator]]\nname = "Bac à sable"\ntrust = "ca.pem"\ncrl = "crl.pem"\n{servers}')
        return {"OPERATORS_FILE": str(file)}

    def test_nadia_sets_up_the_pharmacy_in_one_sitting(self) -> None:
        with running_browser() as browser:
            context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="fr-FR")
            context.set_default_timeout(30_000)
            window = Window(context.new_page())
            page = window.page
            self.come_in(page)
            self.write_details_by_keyboard(page)
            self.write_hours(page)
            self.add_the_mailbox(page)
            self.open_the_form(page)
            self.send_to_herself(page)
            refused = [said for said in window.complaints if "422" not in said]  # the wrong passphrase
            self.assertEqual(refused, [])
        self.assertEqual(Message.objects.filter(kind=MessageKind.RECEIVED).count(), 1)

    def come_in(self, page: Page) -> None:
        page.goto(self.link)
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_label("Le même, encore une fois").fill(PASSWORD)
        page.get_by_role("button", name="Rejoindre l’équipe").click()
        page.get_by_text("Je ne peux pas photographier").click()
        secret = page.locator(".secret").inner_text().replace(" ", "")
        page.get_by_label("Code à six chiffres").fill(f"{totp(base64.b32decode(secret)):06d}")
        page.get_by_role("button", name="Relier ce téléphone").click()
        page.get_by_role("button", name="Je les ai gardés, continuer").click()
        page.get_by_role("heading", name="Mise en route", exact=True).wait_for()
        page.get_by_text("2 étapes sur 9").first.wait_for()

    def write_details_by_keyboard(self, page: Page) -> None:
        self.tab_to(page, "Écrire les coordonnées")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Coordonnées").wait_for()
        self.tab_to(page, "Adresse de la pharmacie")
        page.keyboard.type("12 rue des Tests, 58000 Nevers")
        page.keyboard.press("Tab")
        page.keyboard.type("0386000001")
        page.keyboard.press("Enter")
        page.get_by_text("Les coordonnées sont enregistrées").wait_for()
        self.expect(page, 3)

    def write_hours(self, page: Page) -> None:
        page.get_by_role("link", name="Saisir les horaires").click()
        page.get_by_label("Lundi, ouverture du matin").fill("09:00")
        page.get_by_label("Lundi, fermeture du matin").fill("12:30")
        page.get_by_role("button", name="Enregistrer les horaires").click()
        page.get_by_role("link", name="Jours fériés, fermetures et gardes").click()
        page.get_by_label("Du", exact=True).fill(timezone.localdate().isoformat())
        page.get_by_role("button", name="Ajouter la période").click()
        page.get_by_text("Garde, en ce moment").wait_for()
        self.expect(page, 4)

    def add_the_mailbox(self, page: Page) -> None:
        page.get_by_role("link", name="Ajouter la BAL").click()
        page.get_by_label("Choisir l’opérateur").select_option(label="Bac à sable")
        page.get_by_role("button", name="Remplir").click()
        page.get_by_text("celles fournies avec").wait_for()
        page.get_by_label("Adresse de la BAL", exact=True).fill(SOLEIL)
        self.choose_certificate(page, "faux")
        page.get_by_text("ne s’ouvre pas avec ce mot de passe").wait_for()
        self.choose_certificate(page, SECRET)
        page.get_by_text("La boîte est ajoutée").wait_for()
        page.get_by_text("Tout fonctionne").wait_for()
        page.get_by_text("Rien n’a été envoyé").wait_for()
        self.expect(page, 6)

    def choose_certificate(self, page: Page, passphrase: str) -> None:
        file = {"name": "pharmacie.p12", "mimeType": "application/x-pkcs12", "buffer": self.certificate}
        page.get_by_label("Certificat de la pharmacie").set_input_files(files=[file])
        page.get_by_label("Mot de passe de ce fichier").fill(passphrase)
        page.get_by_role("button", name="Ajouter et tester la connexion").click()

    def open_the_form(self, page: Page) -> None:
        page.get_by_role("link", name="Relire la notice").click()
        page.get_by_role("button", name="Enregistrer la notice").click()
        page.get_by_role("button", name="Ouvrir le formulaire").click()
        page.get_by_text("Le formulaire est ouvert aux patients").wait_for()
        self.expect(page, 8)

    def send_to_herself(self, page: Page) -> None:
        page.get_by_role("button", name="Envoyer le message d’essai").click()
        page.get_by_text("Cette page dira quand il est revenu").wait_for()
        page.get_by_text("Tout est en place").wait_for()
        page.get_by_role("link", name="Aller aux messages").click()
        page.get_by_text("Message d’essai").first.wait_for()

    def expect(self, page: Page, done: int) -> None:
        page.get_by_role("link", name="Mise en route").click()
        page.get_by_role("heading", name="Mise en route", exact=True).wait_for()
        page.get_by_text(f"{done} étapes sur 9").first.wait_for()

    def tab_to(self, page: Page, words: str) -> None:
        """By the Tab key alone, to what is called this."""
        called = "document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText"
        for _ in range(MOST_TABS):
            if page.evaluate(called) == words:
                return
            page.keyboard.press("Tab")
        self.fail(f"Tab does not lead to {words}")
