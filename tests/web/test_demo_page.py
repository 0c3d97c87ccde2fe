"""The front page of the demonstration: people one click away, buttons that do what they say, and a guided tour."""

from __future__ import annotations

import re
import tempfile
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.test import override_settings

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Conversation
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.process import process_stored
from portal.patients.identity import key_fits
from portal.web.demo import tickets
from portal.web.demo.steps import STEPS
from sandbox.operator import Operator, running_operator
from sandbox.people import SOLEIL, TRUSTED_DOMAINS
from tenants.context import inside
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.browsing import Browser, phone_of
from tests.cast import PASSWORD
from tests.outbound.stage import open_mailbox, trust

ENTER = "/equipe/demonstration/entrer"
TO_DO = "/equipe/a-traiter/"
IN_DEMO = {"DEMO": True, "DEMO_PASSWORD": PASSWORD, "ROOT_URLCONF": "portal.urls_demo"}


def home() -> Browser:
    return Browser("localhost")


class OutsideTheDemonstration(PharmacyTestCase):
    def test_localhost_is_no_pharmacy(self) -> None:
        for host in ("localhost", "127.0.0.1"):
            answer = Browser(host).get("/")
            self.assertEqual((answer.status_code, answer["Content-Type"]), (404, "text/plain; charset=utf-8"))

    def test_its_door_does_not_exist(self) -> None:
        ticket = tickets.ticket_for(self.soleil.id, "nadia")
        self.assertEqual(Browser().post(ENTER, {"ticket": ticket}).status_code, 404)

    @override_settings(ROOT_URLCONF="portal.urls_demo")
    def test_its_door_is_refused_even_where_it_stands_by_mistake(self) -> None:
        phone_of(self.nadia)
        ticket = tickets.ticket_for(self.soleil.id, "nadia")
        with override_settings(DEMO_PASSWORD=PASSWORD):
            answer = Browser().post(ENTER, {"ticket": ticket})
        self.assertEqual(answer.status_code, 404)
        self.assertFalse(Entry.objects.filter(event=Event.SIGN_IN).exists())


@override_settings(**IN_DEMO)
class OneClickAway(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(patch("portal.web.demo.operator.answers", return_value=True))
        for user in (self.nadia, self.claire, self.karim):
            phone_of(user)

    def ticket(self, name: str) -> str:
        return tickets.ticket_for(self.soleil.id, name)

    def test_everybody_who_can_come_in_is_on_the_front_page_with_a_way_in(self) -> None:
        page = home().get("/", headers={"Host": "localhost:8123"})
        self.assertEqual(page.status_code, 200)
        for name in ("Nadia Benali", "Claire Moulin", "Karim Belkacem"):
            self.assertContains(page, name)
        self.assertContains(page, f'action="http://soleil.localhost:8123{ENTER}"')
        self.assertIn("http://soleil.localhost:8123", page["Content-Security-Policy"])
        self.assertNotIn("*", page["Content-Security-Policy"])

    def test_who_left_is_there_no_more(self) -> None:
        self.karim.active = False
        self.karim.save(update_fields=["active"])
        self.assertNotContains(home().get("/"), "Karim Belkacem")

    def test_a_click_signs_in_by_both_factors_and_stands_in_the_journal(self) -> None:
        browser = Browser(enforce_csrf_checks=True)
        answer = browser.post(ENTER, {"ticket": self.ticket("nadia")}, headers={"Origin": "null"})
        self.assertRedirects(answer, TO_DO, fetch_redirect_response=False)
        self.assertContains(browser.get("/console/equipe/"), "Nadia Benali")
        self.assertEqual(Entry.objects.get(event=Event.SIGN_IN).actor, self.nadia.pk)

    def test_a_person_may_come_in_as_often_as_one_likes(self) -> None:
        for _ in range(25):
            answer = Browser().post(ENTER, {"ticket": self.ticket("karim")})
            self.assertEqual(answer["Location"], TO_DO)

    def test_one_is_led_to_a_page_of_the_team_and_nowhere_else(self) -> None:
        for wanted, led in (("/console/messagerie/", "/console/messagerie/"), ("//mal.example/", TO_DO)):
            answer = Browser().post(ENTER, {"ticket": self.ticket("nadia"), "next": wanted})
            self.assertEqual(answer["Location"], led)

    def test_a_ticket_is_good_at_its_own_pharmacy_signed_and_fresh(self) -> None:
        good = self.ticket("nadia")
        with patch("django.core.signing.time.time", return_value=0):
            old = self.ticket("nadia")
        elsewhere = tickets.ticket_for(self.gare.id, "nadia")
        for ticket in ("", "nadia", good + "x", old, elsewhere, self.ticket("personne")):
            browser = Browser()
            answer = browser.post(ENTER, {"ticket": ticket})
            self.assertEqual(answer["Location"], "/equipe/connexion", ticket)
            self.assertEqual(browser.get(TO_DO).status_code, 302)

    def test_the_front_page_is_reached_from_this_machine_alone(self) -> None:
        self.assertEqual(home().get("/", REMOTE_ADDR="192.0.2.7").status_code, 403)
        self.assertEqual(Browser("exemple.localhost").get("/").status_code, 404)

    def test_the_buttons_do_nothing_for_a_form_that_comes_from_elsewhere(self) -> None:
        strict = Browser("localhost", enforce_csrf_checks=True)
        with patch("portal.web.demo.acts.operator.set_down") as fallen:
            self.assertEqual(strict.post("/gestes/panne").status_code, 403)
        fallen.assert_not_called()


@override_settings(**IN_DEMO)
class ThingsHappen(CommittingPharmacyTestCase):
    """With the stand-in operator beside, as in `make demo`."""

    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(DEMO_FOLDER=folder))
        self.operator: Operator = self.enterContext(running_operator(folder / "sandbox"))
        for user in (self.nadia, self.claire, self.karim):
            phone_of(user)

    def press(self, name: str) -> Any:
        return home().post(f"/gestes/{name}", follow=True)

    def test_a_patient_writes_under_a_number_that_could_be_one_and_is_nobodys(self) -> None:
        self.assertContains(self.press("patient"), "Un patient vient d’écrire")
        (raw,) = self.operator.mailbox(SOLEIL)
        message = message_from_bytes(raw, policy=policy.default)
        ins = message["From"].addresses[0].username
        self.assertTrue(key_fits(ins))
        self.assertEqual(ins[5:10], "58999")
        self.assertEqual([part.get_content_type() for part in message.iter_attachments()], ["image/jpeg"])

    def test_a_doctor_sends_an_archive(self) -> None:
        self.assertContains(self.press("medecin"), "Le Dr Petit")
        (raw,) = self.operator.mailbox(SOLEIL)
        self.assertIn(b"XDM", raw)

    def test_the_operator_falls_and_stands_up_again(self) -> None:
        fallen = self.press("panne")
        self.assertContains(fallen, "L’opérateur ne répond plus")
        self.assertContains(fallen, "L’opérateur revient")
        self.assertNotContains(fallen, "L’opérateur tombe")
        self.assertContains(self.press("patient"), "Rien n’est parti")
        self.assertEqual(self.operator.mailbox(SOLEIL), [])
        self.assertContains(self.press("retour"), "L’opérateur répond de nouveau")
        self.assertContains(self.press("patient"), "Un patient vient d’écrire")

    def test_the_tour_follows_its_message_from_person_to_person(self) -> None:
        trust(*TRUSTED_DOMAINS)
        mailbox = open_mailbox(self.operator)
        karim = Browser()
        begun = karim.post(ENTER, {"ticket": self.ticket("karim"), "tour": "1"})
        self.assertEqual(begun["Location"], TO_DO)
        self.assertContains(karim.get(TO_DO), f"Visite 1/{len(STEPS)}")
        self.assertContains(self.state(karim), "En route")

        fetch_mailbox(mailbox.pk)
        process_stored(wait=True)
        where = f"/equipe/echange/{Conversation.objects.get().pk}/"
        self.assertContains(self.state(karim), where)

        self.assertEqual(self.go_on(karim, TO_DO)["Location"], where)
        self.assertContains(self.state(karim), "Personne ne s’en charge")
        form = {"person": str(self.karim.pk), "version": str(Conversation.objects.get().version)}
        karim.post(f"{where}attribuer/", form)
        self.assertContains(self.state(karim), "C’est fait")

        self.go_on(karim, where)
        self.assertEqual(self.go_on(karim, where)["Location"], where)
        self.assertContains(karim.get(where), "Vous êtes Claire")
        karim.post("/equipe/demonstration/quitter")
        self.assertNotContains(karim.get(where), "Vous êtes Claire")

    def test_the_tour_begins_even_when_the_operator_was_left_lying(self) -> None:
        self.press("panne")
        Browser().post(ENTER, {"ticket": self.ticket("karim"), "tour": "1"})
        self.assertEqual(len(self.operator.mailbox(SOLEIL)), 1)

    def test_the_last_step_is_the_journal(self) -> None:
        nadia = Browser()
        answer = nadia.post(ENTER, {"ticket": self.ticket("nadia"), "tour": str(len(STEPS))})
        self.assertEqual(answer["Location"], "/console/journal/")
        self.assertContains(nadia.get("/console/journal/"), "Terminer la visite")

    def ticket(self, name: str) -> str:
        with inside(self.soleil):
            return tickets.ticket_for(self.soleil.id, name)

    def state(self, browser: Browser) -> Any:
        return browser.get("/equipe/demonstration/visite")

    def go_on(self, browser: Browser, where: str) -> Any:
        """Press « Suite » on the strip of this page."""
        page = browser.get(where).content.decode()
        strip = page[page.index('class="tour"') :]
        fields = dict(re.findall(r'<input type="hidden" name="(ticket|tour)" value="([^"]+)"', strip))
        return browser.post(ENTER, {name: unescape(value) for name, value in fields.items()})
