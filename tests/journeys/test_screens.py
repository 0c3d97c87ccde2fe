"""The main screens, on every width, by day and by night: nothing to complain of, and pictures when asked.

`make screenshots` puts them in screenshots/ (SCREENSHOTS names the folder).
"""

from __future__ import annotations

import os
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django_otp.oath import totp

from portal.conversations.actions import assign
from portal.conversations.models import Conversation
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.outbound.deliver import deliver_due
from portal.outbound.lines import kept_lines
from portal.web.seeding import live_through_the_morning
from sandbox.operator import running_operator
from sandbox.people import SOLEIL, TRUSTED_DOMAINS
from sandbox.store import Store
from sandbox.week import fill
from tests.base import CommittingPharmacyTestCase
from tests.browsing import TOTP_KEY
from tests.cast import PASSWORD
from tests.journeys.browser import PHONE, TABLET, WIDE, Window, running_browser, why_not
from tests.journeys.house import running_house
from tests.journeys.patience import let_pass
from tests.journeys.stage import let_in, unreadable
from tests.outbound.stage import open_mailbox, trust

FOLDER = os.environ.get("SCREENSHOTS", "")
QUICK = ((WIDE, "light"), (WIDE, "dark"), (PHONE, "light"))
VARIANTS = (*QUICK, (TABLET, "light")) if FOLDER else QUICK


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class Screens(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.live_through_a_week(folder)
        let_in(self.karim)
        self.addresses = self.screens()
        self.house = self.enterContext(running_house(folder, only=["web"]))
        context = self.enterContext(running_browser()).new_context(locale="fr-FR")
        self.window = Window(context.new_page())

    def test_every_screen_comes_whole_by_day_and_by_night(self) -> None:
        page = self.window.page
        self.look("vitrine", "/")
        self.look("connexion", "/equipe/connexion")
        page.get_by_label("Votre nom de connexion").fill("karim")
        page.get_by_label("Votre mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continuer").click()
        self.look("code", "/equipe/code")
        page.get_by_label("Code", exact=True).fill(f"{totp(TOTP_KEY):06d}")
        page.get_by_role("button", name="Entrer").click()
        page.locator(".list").wait_for()
        for name, address in self.addresses.items():
            self.look(name, address)
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        page.get_by_role("button", name="Verrouiller").click()
        page.get_by_role("heading", name="verrouillé").or_(
            page.get_by_text("Écran verrouillé")
        ).first.wait_for()
        self.look("verrou", "/equipe/verrou")
        self.assertEqual(self.window.complaints, [])

    def look(self, name: str, address: str) -> None:
        """The screen in each variant, with nothing in anybody's way; its picture, if pictures are wanted."""
        page = self.window.page
        for (width, height), scheme in VARIANTS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            page.goto(self.house.url("soleil.localhost", address))
            page.wait_for_load_state("networkidle")
            if FOLDER:
                path = Path(FOLDER, f"{name}-{width}{'-nuit' if scheme == 'dark' else ''}.png")
                page.screenshot(path=path, animations="disabled")
            with self.subTest(screen=name, width=width, scheme=scheme):
                self.assertEqual(self.window.barriers(), [])
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)

    def live_through_a_week(self, folder: Path) -> None:
        """The demonstration's mail and morning, one message that cannot be read, one answer that came back."""
        trust(*TRUSTED_DOMAINS)
        fill(Store(folder / "mail"), datetime.now(UTC))
        with running_operator(folder, report_after=0) as operator:
            operator.deliver(SOLEIL, unreadable("Illisible"))
            mailbox = open_mailbox(operator)
            live_through_the_morning(self.soleil)
            let_pass(seconds=30)
            deliver_due()
            kept_lines().close_all()
            operator.office.return_due_reports()
            fetch_mailbox(mailbox.pk)
            process_stored(wait=True)
        mine = Conversation.objects.assigned_to(self.karim.pk).get(state="open")
        assign(mine, to=None, by=self.karim, version=mine.version)

    def screens(self) -> dict[str, str]:
        """What a signed-in person looks at, and where it is."""
        by_subject = {each.subject: f"/equipe/echange/{each.pk}/" for each in Conversation.objects.all()}
        raw = RawMessage.objects.get(state=RawState.QUARANTINED)
        return {
            "liste": "/equipe/a-traiter/",
            "patient-photos": next(url for subject, url in by_subject.items() if "Mon ordonnance" in subject),
            "medecin-pdf": by_subject["Sortie d’hospitalisation de M. Lambert"],
            "envoi-refuse": by_subject["Pansements de M. Blanc"],
            "nouveau": "/equipe/nouveau/",
            "envoyes": "/equipe/envoyes/",
            "quarantaine": f"/equipe/illisible/{raw.pk}/",
            "vide": "/equipe/a-moi/",
        }
