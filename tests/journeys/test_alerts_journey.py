"""A patient's message that nobody opens: a receipt leaves, the wall counts it, Karim's phone rings, a click ends it."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.conversations.models import Conversation
from portal.house.actions import add_period
from portal.house.models import PeriodKind
from sandbox.people import PATIENT
from tenants.context import inside
from tenants.wakeups import wake
from tests.inbound.letters import letter
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.house import ANY
from tests.journeys.patience import wait_for
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import held, write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVERY, TOO_OLD = 16_000, 80_000  # of the screen's clock


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class AMessageThatNobodyOpens(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5", "EVENTS": ANY}

    def setUp(self) -> None:
        super().setUp()
        now, half = timezone.now(), timedelta(hours=12)
        add_period(PeriodKind.GARDE, begins=now - half, ends=now + half, by=None)
        for user in (self.karim, self.nadia):
            let_in(user)
        self.browser = self.enterContext(running_browser())

    def test_it_is_on_the_wall_then_on_karims_phone_until_he_opens_it(self) -> None:
        karim, nadia = self.at_work("karim"), self.at_work("nadia")
        with self.house.provider_of_texts() as provider:
            self.karim_asks_for_text_messages(karim)
            self.nadia_has_receipts_sent(nadia)
            wall = self.nadia_hangs_a_screen(nadia)
            write(self.peer, letter(f"Léa Durand <{PATIENT}>", "Mon sirop"), sender=PATIENT)
            karim.goto(self.url("/equipe/a-traiter/"))
            karim.locator(".row", has_text="Mon sirop").wait_for()
            self.it_is_counted_on_the_wall(wall)
            with ThreadPoolExecutor(1) as beside:  # the browser's own thread may not ask the database
                beside.submit(self.twenty_minutes_pass).result()
            wait_for(lambda: len(provider.texts) == 2, what="the alert")
            trial, alert = (each.text for each in provider.texts)
        self.assertIn("essai de vos alertes", trial)
        self.assertIn("un message de patient n'a pas encore été ouvert", alert)
        self.assertNotIn("Léa", alert)
        self.nadia_sees_who_was_told(nadia)
        karim.locator(".row", has_text="Mon sirop").click()
        karim.locator("#conversation", has_text="Mon sirop").wait_for()
        self.the_patient_has_her_receipt(karim)
        self.the_wall_is_calm_and_never_lies(wall)
        self.nadia_takes_the_screen_away(nadia, wall)

    def karim_asks_for_text_messages(self, karim: Page) -> None:
        karim.goto(self.url("/equipe/mon-acces/"))
        karim.get_by_role("link", name="Mes alertes").click()
        karim.get_by_label("Me prévenir par SMS").check()
        karim.get_by_label("Portable").fill("06 39 98 00 01")
        karim.get_by_role("button", name="Enregistrer").click()
        karim.get_by_role("button", name="Essayer par SMS").click()
        karim.get_by_text("L’essai part").wait_for()

    def nadia_has_receipts_sent(self, nadia: Page) -> None:
        nadia.goto(self.url("/console/reponses-automatiques/"))
        nadia.get_by_label("Accuser réception au patient").check()
        nadia.get_by_role("button", name="Enregistrer les réponses").click()
        nadia.get_by_text("Les réponses automatiques sont enregistrées").wait_for()

    def the_patient_has_her_receipt(self, karim: Page) -> None:
        """Once, though the team has not answered: the thread says that nobody wrote it."""
        karim.locator(".msg-author", has_text="Réponse automatique").wait_for()
        came = [message_from_bytes(raw) for raw in held(self.peer, PATIENT)]
        receipts = [each for each in came if each.get_content_type() != "multipart/report"]
        self.assertEqual([each["Auto-Submitted"] for each in receipts], ["auto-replied"], came)

    def nadia_hangs_a_screen(self, nadia: Page) -> Page:
        """In a browser of its own, where nobody signed in and the clock is ours."""
        nadia.goto(self.url("/console/postes/"))
        nadia.get_by_role("link", name="Écrans de comptoir").click()
        nadia.get_by_label("Nom de l’écran").fill("Comptoir")
        nadia.get_by_role("button", name="Ajouter cet écran").click()
        link = nadia.locator("#link").inner_text()
        nadia.get_by_role("button", name="C’est fait").click()
        context = self.browser.new_context(viewport={"width": 1920, "height": 1080}, locale="fr-FR")
        context.clock.install()
        wall = Window(context.new_page()).page
        wall.goto(link)
        wall.get_by_text("Tout est ouvert").wait_for()
        self.assertEqual(context.cookies(), [])
        return wall

    def twenty_minutes_pass(self) -> None:
        try:
            with inside(self.soleil), transaction.atomic():
                Conversation.objects.update(unopened_since=timezone.now() - timedelta(minutes=21))
                wake("ladder", timezone.now())
        finally:
            connection.close()

    def it_is_counted_on_the_wall(self, wall: Page) -> None:
        wall.clock.fast_forward(EVERY)
        wall.locator(".tile-waits .tile-n", has_text="1").wait_for()
        self.assertNotIn("Léa", wall.content())

    def nadia_sees_who_was_told(self, nadia: Page) -> None:
        nadia.goto(self.url("/console/alertes/"))
        nadia.get_by_text("Karim Belkacem, en service, par SMS").wait_for()

    def the_wall_is_calm_and_never_lies(self, wall: Page) -> None:
        """Its numbers follow; without news of the server it shows none, and has them again by itself."""
        wall.clock.fast_forward(EVERY)
        wall.locator(".tile-calm .tile-n", has_text="0").wait_for()
        wall.context.set_offline(True)
        wall.clock.fast_forward(TOO_OLD)
        wall.get_by_text("Chiffres inconnus depuis").wait_for()
        self.assertFalse(wall.locator(".tile-n").first.is_visible())
        wall.context.set_offline(False)
        wall.clock.fast_forward(EVERY)
        wall.locator(".tile-calm .tile-n", has_text="0").wait_for()

    def nadia_takes_the_screen_away(self, nadia: Page, wall: Page) -> None:
        nadia.goto(self.url("/console/postes/ecrans/"))
        nadia.get_by_role("button", name="Retirer Comptoir").click()
        nadia.get_by_text("Aucun écran n’est en service").wait_for()
        wall.clock.fast_forward(EVERY)
        wall.get_by_text("Il n’y a rien à cette adresse").wait_for()

    def at_work(self, name: str) -> Page:
        context = self.browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="fr-FR")
        context.set_default_timeout(20_000)
        page = Window(context.new_page()).page
        sign_in(page, self.url("/equipe/"), {"karim": self.karim, "nadia": self.nadia}[name])
        page.locator(".nav-me").wait_for()
        return page

    def url(self, path: str) -> str:
        return self.house.url("soleil.localhost", path)
