"""Two workstations of Soleil: what one does, and what arrives, stands on the other without a reload."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.conversations.models import Conversation
from portal.team.models import User
from sandbox.people import DOCTOR, PATIENT
from tenants.context import inside
from tenants.wakeups import wake
from tests.inbound.letters import letter
from tests.journeys.browser import WIDE, Window, running_browser, sign_in, why_not
from tests.journeys.house import ANY
from tests.journeys.stage import JourneyTestCase, let_in
from tests.journeys.stations import write
from tests.servers.peers import sandbox_peer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SOON = 5_000  # two seconds on a machine of its own; these run beside other tests


@pytest.mark.journey
@unittest.skipIf(why_not(), why_not())
class TwoWorkstations(JourneyTestCase):
    start = partial(sandbox_peer)
    settings_of_house = {"UNDO_SECONDS": "5", "EVENTS": ANY}

    def setUp(self) -> None:
        super().setUp()
        self.mail("Mon sirop")
        for user in (self.karim, self.claire, self.nadia):
            let_in(user)
        # A mail comes in whole seconds, so one of the second in which they came to work here is from before their time.
        User.objects.update(created_at=timezone.now() - timedelta(days=1))
        self.browser = self.enterContext(running_browser())

    def mail(self, subject: str) -> None:
        write(self.peer, letter(f"Léa Durand <{PATIENT}>", subject), sender=PATIENT)

    def test_what_claire_does_and_what_arrives_stands_before_karim_without_a_reload(self) -> None:
        claire, karim = self.at_work(self.claire), self.at_work(self.karim)

        self.a_note_follows(claire, karim)
        self.each_sees_the_other(claire, karim)
        self.a_mail_comes(claire, karim)
        self.claire_takes_the_pen(claire, karim)
        self.claire_answers(claire, karim)
        self.karim_finds_his_words_again(claire, karim)
        self.claire_locks_her_screen(claire, karim)

    def test_work_is_shared_labelled_put_aside_and_comes_back(self) -> None:
        claire, karim = self.at_work(self.claire), self.at_work(self.karim)
        self.open(claire, "Mon sirop")

        self.claire_shares_it_with_karim(claire, karim)
        self.she_labels_it(claire, karim)
        self.it_waits_until_its_hour(claire, karim)
        self.it_waits_for_the_patient(claire, karim)
        self.karim_goes_on_leave(claire, karim)

    def test_exchanges_are_joined_split_and_apart_before_everybody(self) -> None:
        """Also by a colleague who has the one open that goes; a sender that only advertises is blocked."""
        self.mail("Ma crème")
        write(self.peer, letter(f"Dr Martin <{DOCTOR}>", "Offre"), sender=DOCTOR)
        claire, karim = self.at_work(self.claire), self.at_work(self.karim)
        for subject in ("Ma crème", "Offre"):
            self.seen(claire.locator(".row", has_text=subject), patience=20_000)

        self.claire_joins_what_karim_reads(claire, karim)
        self.she_splits_it_again(claire, karim)
        self.two_are_put_aside_at_once(claire, karim)
        self.an_advertiser_is_blocked(claire, karim)

    def test_what_karim_has_read_stays_bold_for_nadia_who_sees_it_counted_too(self) -> None:
        karim, nadia = self.at_work(self.karim), self.at_work(self.nadia)
        self.seen(nadia.locator(".row.unread.untouched", has_text="Mon sirop"))

        self.open(karim, "Mon sirop")
        self.seen(karim.locator(".row:not(.unread)", has_text="Mon sirop"))
        self.seen(nadia.locator(".row.unread:not(.untouched)", has_text="Mon sirop"))
        self.open(nadia, "Mon sirop")
        self.seen(nadia.get_by_text("Lu par Karim B. et vous"))
        nadia.get_by_role("button", name="Marquer comme non lu pour moi").click()
        self.seen(nadia.locator(".row.unread", has_text="Mon sirop"))
        self.seen(karim.locator(".row:not(.unread)", has_text="Mon sirop"))

        nadia.goto(self.house.url("soleil.localhost", "/console/activite/"))
        self.seen(nadia.get_by_text("1 reçu"))
        self.seen(nadia.get_by_text("1 conversation à traiter"))

    def test_rows_that_arrive_do_not_move_what_karim_is_about_to_click(self) -> None:
        karim = self.at_work(self.karim)
        row = karim.locator(".row", has_text="Mon sirop")
        row.hover()
        before = row.bounding_box()
        self.mail("Ma crème")
        # A hand that moves over the list holds it; what waits is said above.
        for _ in range(40):
            karim.mouse.move(before["x"] + 80, before["y"] + 30 + _ % 5) if before else None
            if karim.get_by_role("button", name="1 nouveau message · Afficher").count():
                break
            karim.wait_for_timeout(250)
        self.assertEqual(row.bounding_box(), before)
        karim.get_by_role("button", name="1 nouveau message · Afficher").click()
        self.seen(karim.locator(".row", has_text="Ma crème"))

    def test_a_page_without_a_stream_goes_on_asking(self) -> None:
        karim = self.at_work(self.karim)
        events = next(each for each in self.house.group.running if each.name == "events")
        events.process.terminate()
        events.process.wait(20)
        self.house.group.running.remove(events)
        self.addCleanup(self.house.start_events)
        self.seen(karim.locator("html[data-live=off]"))
        self.mail("Ma crème")
        self.seen(karim.get_by_text("1 nouveau message · Afficher"), patience=40_000)

    def a_note_follows(self, claire: Page, karim: Page) -> None:
        """Claire takes the conversation and writes a note: Karim's row and his open conversation follow."""
        mine = karim.locator(".row", has_text="Mon sirop")
        self.open(claire, "Mon sirop")
        claire.get_by_role("button", name="Je m’en charge").click()
        self.seen(mine.get_by_text("Claire"))
        self.open(karim, "Mon sirop")
        claire.locator("#note summary").click()
        claire.locator("#note-text").fill("Rappeler demain matin.")
        claire.get_by_role("button", name="Garder la note").click()
        self.seen(karim.get_by_text("Rappeler demain matin."))

    def claire_shares_it_with_karim(self, claire: Page, karim: Page) -> None:
        """One gesture for oneself, one more for a colleague: it is in the list of both."""
        claire.get_by_role("button", name="Je m’en charge").click()
        self.seen(claire.locator(".assigned", has_text="Claire M."))
        claire.locator("#assign summary").click()
        claire.get_by_role("button", name="Ajouter Karim B.").click()
        self.seen(claire.locator(".assigned", has_text="Claire M. + 1"))
        self.seen(karim.locator(".row", has_text="Mon sirop").get_by_text("Karim"))
        self.seen(karim.locator(".nav-link", has_text="À moi").get_by_text("1"))

    def she_labels_it(self, claire: Page, karim: Page) -> None:
        claire.locator("#label summary").click()
        claire.locator("#label-name").fill("Urgent")
        claire.get_by_label("Couleur").select_option("red")
        claire.get_by_role("button", name="Créer et poser").click()
        self.seen(claire.locator(".head .chip", has_text="Urgent"))
        self.seen(karim.locator(".row", has_text="Mon sirop").get_by_text("Urgent"))

    def it_waits_until_its_hour(self, claire: Page, karim: Page) -> None:
        """Out of the way of everybody until Monday, then back by itself, with the mark of it."""
        claire.locator("#wait summary").click()
        claire.get_by_role("button", name="Lundi").click()
        self.seen(claire.get_by_text("Remise à plus tard."))
        karim.locator(".row", has_text="Mon sirop").wait_for(state="hidden", timeout=SOON)
        with ThreadPoolExecutor(1) as beside:  # the browser's own thread may not ask the database
            beside.submit(self.its_hour_comes).result()
        self.seen(karim.locator(".row", has_text="Mon sirop").get_by_text("De retour"), patience=15_000)
        self.seen(claire.get_by_text("De retour à traiter, comme Claire l’a demandé"))

    def its_hour_comes(self) -> None:
        try:
            with inside(self.soleil), transaction.atomic():
                Conversation.objects.update(snoozed_until=timezone.now())
                wake("snooze", timezone.now())
        finally:
            connection.close()

    def it_waits_for_the_patient(self, claire: Page, karim: Page) -> None:
        """Sent and set to wait in one gesture; the answer brings it back and says so."""
        claire.locator("#body").fill("Quel dosage ?")
        claire.locator("#sends-more summary").click()
        claire.get_by_role("button", name="attendre le patient").click()
        self.seen(claire.get_by_text("En attente du patient."))
        self.seen(karim.locator(".nav-link", has_text="En attente").get_by_text("1"))
        self.mail("Re: Mon sirop")
        self.seen(karim.locator(".row", has_text="Mon sirop").get_by_text("Réponse reçue"), patience=15_000)
        self.seen(claire.get_by_text("La réponse attendue est arrivée"))

    def claire_joins_what_karim_reads(self, claire: Page, karim: Page) -> None:
        self.open(karim, "Ma crème")
        self.open(claire, "Mon sirop")
        claire.get_by_role("link", name="Réunir avec un autre échange").click()
        claire.get_by_role("radio", name="Ma crème").check()
        claire.get_by_role("button", name="Réunir ici").click()
        self.seen(claire.get_by_text("Les deux échanges n’en font plus qu’un."))
        self.seen(karim.get_by_text("a été réuni avec celui-ci"))
        self.assertEqual(karim.locator(".msg-in").count(), 2)
        karim.locator(".row", has_text="Ma crème").wait_for(state="hidden", timeout=SOON)

    def she_splits_it_again(self, claire: Page, karim: Page) -> None:
        claire.get_by_role("link", name="Séparer").last.click()
        claire.get_by_role("button", name="Séparer", exact=True).click()
        self.seen(claire.get_by_text("dans son propre échange"))
        self.seen(karim.get_by_text("Claire a séparé un message"))
        karim.locator(".msg-in").nth(1).wait_for(state="detached", timeout=SOON)
        claire.get_by_role("button", name="Annuler").click()
        self.seen(claire.get_by_text("est de retour ici"))
        self.seen(karim.locator(".msg-in").nth(1))

    def two_are_put_aside_at_once(self, claire: Page, karim: Page) -> None:
        for subject in ("Mon sirop", "Offre"):
            karim.locator(".line", has_text=subject).locator(".pick input").check()
        karim.get_by_role("button", name="Plus tard…").click()
        self.seen(karim.get_by_role("heading", name="Remettre à plus tard 2 conversations"))
        karim.get_by_role("button", name="Lundi").click()
        self.seen(karim.get_by_text("2 conversations remises à plus tard."))
        karim.locator("#bulk-said").get_by_role("button", name="Annuler").click()
        self.seen(karim.get_by_text("Annulé : 2 conversations comme avant."))

    def an_advertiser_is_blocked(self, claire: Page, karim: Page) -> None:
        self.open(claire, "Offre")
        claire.get_by_role("link", name="Bloquer l’expéditeur").click()
        claire.get_by_label("Pourquoi").fill("Publicité")
        claire.get_by_role("button", name="Bloquer", exact=True).click()
        self.seen(claire.get_by_text("Expéditeur bloqué"))
        karim.locator(".row", has_text="Offre").wait_for(state="hidden", timeout=SOON)

    def karim_goes_on_leave(self, claire: Page, karim: Page) -> None:
        """What he has goes back to Claire alone; nothing more is given to him until he is back."""
        karim.goto(self.house.url("soleil.localhost", "/equipe/mon-acces/absences/"))
        karim.get_by_label("Du", exact=True).fill(timezone.localdate().isoformat())
        karim.get_by_role("button", name="Annoncer l’absence").click()
        self.seen(karim.get_by_text("(en ce moment)"))
        self.seen(claire.get_by_text("Karim s’absente, retour"), patience=15_000)
        claire.locator("#assign summary").click()
        self.seen(claire.locator(".menu-line[disabled]", has_text="En absence, retour"))

    def each_sees_the_other(self, claire: Page, karim: Page) -> None:
        """Each sees the other there, and who writes; on the list too. It ends with the tab."""
        mine = karim.locator(".row", has_text="Mon sirop")
        self.seen(karim.locator("#here", has_text="Claire M. regarde aussi"))
        claire.locator("#body").press_sequentially("Vo")
        self.seen(karim.locator("#here", has_text="Claire M. écrit une réponse"))
        self.seen(mine.get_by_text("Claire M. écrit"))
        self.seen(claire.locator("#here", has_text="Karim B. regarde aussi"))
        claire.locator("#body").fill("")

    def a_mail_comes(self, claire: Page, karim: Page) -> None:
        """A mail comes: its row, the count of the tab and a banner without a patient's word."""
        karim.mouse.move(1000, 500)
        self.mail("Ma crème")
        banner = karim.locator("#arrivals")
        self.seen(banner.get_by_text("Un nouveau message est arrivé."))
        self.assertNotIn("Léa", banner.inner_text())
        self.seen(karim.locator(".row", has_text="Ma crème"))
        self.assertTrue(karim.title().startswith("(2) À traiter"))
        banner.get_by_role("link").click()
        self.seen(karim.locator("#conversation", has_text="Ma crème"))

    def claire_takes_the_pen(self, claire: Page, karim: Page) -> None:
        """Karim writes, and Claire's field waits. She takes the pen: he is told, and keeps his words."""
        self.open(karim, "Mon sirop")
        karim.locator("#body").fill("Bonjour, je regarde et je vous rappelle")
        self.seen(claire.get_by_text("Karim écrit une réponse, commencée"))
        self.assertIsNotNone(claire.locator("#body").get_attribute("readonly"))
        claire.get_by_role("button", name="Prendre la main").click()
        self.seen(claire.locator("#body:not([readonly])"))
        self.seen(karim.get_by_text("Claire écrit une réponse, commencée"))
        self.seen(karim.locator("#body[readonly]"))
        self.assertEqual(karim.locator("#body").input_value(), "Bonjour, je regarde et je vous rappelle")

    def claire_answers(self, claire: Page, karim: Page) -> None:
        """She answers: what she said stands before him, and his field is his again."""
        claire.locator("#body").fill("Votre sirop est prêt.")
        claire.get_by_role("button", name="Envoyer", exact=True).click()
        self.seen(karim.get_by_text("Claire a répondu"))
        self.seen(karim.locator(".msg-out", has_text="Votre sirop est prêt."))
        self.seen(karim.locator("#body:not([readonly])"))
        self.assertEqual(karim.locator("#body").input_value(), "Bonjour, je regarde et je vous rappelle")

    def karim_finds_his_words_again(self, claire: Page, karim: Page) -> None:
        """What Karim deletes by mistake he finds among the versions."""
        karim.locator("#body").fill("")
        self.seen(karim.get_by_text("Brouillon enregistré"))
        karim.wait_for_timeout(1500)
        karim.reload()
        karim.get_by_role("link", name="Versions").click()
        karim.get_by_role("button", name="Revenir à cette version").first.click()
        self.seen(karim.locator("#body"))
        self.assertEqual(karim.locator("#body").input_value(), "Bonjour, je regarde et je vous rappelle")

    def claire_locks_her_screen(self, claire: Page, karim: Page) -> None:
        """Claire locks her screen in one tab: the other one is covered too, and hears nothing more."""
        other = Window(claire.context.new_page()).page
        other.goto(claire.url)
        self.live(other)
        claire.get_by_role("button", name="Verrouiller").click()
        self.seen(other.locator("#lock[open]"))
        self.assertEqual(other.locator("html").get_attribute("data-live"), "off")
        self.seen(karim.locator("#here:empty"), state="attached")

    def at_work(self, user: User) -> Page:
        """Signed in at a workstation of one's own, in À traiter, where the mail has come in by now."""
        context = self.browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="fr-FR")
        context.set_default_timeout(20_000)
        page = Window(context.new_page()).page
        sign_in(page, self.house.url("soleil.localhost", "/equipe/"), user)
        self.live(page)
        self.seen(page.locator(".row", has_text="Mon sirop"), patience=20_000)
        return page

    def live(self, page: Page) -> None:
        self.seen(page.locator("html[data-live=on]"), patience=20_000)

    def open(self, page: Page, subject: str) -> None:
        page.locator(".row", has_text=subject).click()
        self.seen(page.locator("#conversation", has_text=subject))

    def seen(
        self, what: Locator, patience: int = SOON, state: Literal["visible", "attached"] = "visible"
    ) -> None:
        what.first.wait_for(timeout=patience, state=state)
