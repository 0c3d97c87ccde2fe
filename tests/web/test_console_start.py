"""Mise en route: what is left to set up is looked up, led to, and never blocks anything."""

from __future__ import annotations

from datetime import time
from typing import Any

from portal.audit.models import Entry
from portal.conversations.models import Message, MessageKind
from portal.house.actions import set_details, set_hours
from portal.house.hours import Stretch
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.intake.actions import open_form, write_notice
from portal.mailboxes.models import Mailbox, MailboxKind, Probe, ProbeState
from portal.mailboxes.probing import ask_probe
from portal.team.models import TotpDevice, User
from portal.team.second_factor import prepare_enrolment
from portal.web.console.start_steps import progress
from sandbox.people import OFFICINES, SOLEIL
from tests.browsing import Browser, code_at, half_signed_in, signed_in
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.outbound.stage import trust
from tests.web.console_case import CommittingConsoleTestCase, ConsoleTestCase, console

START, TRIAL = console("start"), console("start_trial")
TYPED = {"address": " 12 rue des Tests ", "phone": "03.86.00.00.00"}
MORNING = [Stretch(0, time(9), time(12))]


class FirstDays(CommittingConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        trust(OFFICINES)

    def done(self) -> set[str]:
        return {step.name for step in progress(self.nadia).steps if step.done}

    def works(self, box: Any) -> None:
        ask_probe(box, by=self.nadia)
        Probe.objects.update(state=ProbeState.DONE, works=True)

    def test_each_thing_that_is_there_counts_as_soon_as_it_is_there(self) -> None:
        known = {"phone", "team"}
        self.assertEqual(self.done(), known)
        for name, act in (
            ("details", lambda: set_details(address="12 rue des Tests", phone="03", by=self.nadia)),
            ("hours", lambda: set_hours(MORNING, by=self.nadia)),
            ("mailbox", open_box),
            ("probe", lambda: self.works(self.box())),
            ("notice", lambda: write_notice("Nous lisons votre ordonnance.", by=self.nadia)),
            ("form", lambda: open_form(by=self.nadia)),
            ("trial", self.send_and_receive),
        ):
            act()
            known.add(name)
            with self.subTest(name):
                self.assertEqual(self.done(), known)
        page = self.as_nadia.get(START)
        self.assertContains(page, "Tout est en place")
        self.assertNotContains(page, "étapes sur")

    def box(self) -> Any:
        return Mailbox.objects.get()

    def send_and_receive(self) -> None:
        answer = self.as_nadia.post(TRIAL, follow=True)
        self.assertContains(answer, "Le message d’essai part")
        self.assertContains(answer, "every 3s")
        self.assertNotIn("trial", self.done())
        sent = Message.objects.get(kind=MessageKind.SENT)
        mark = sent.headers["message_id"]
        raw = letter(f"Pharmacie du Soleil <{SOLEIL}>", "Message d’essai", message_id=mark)
        keep(self.box(), raw)
        process_stored()

    def test_a_message_that_somebody_else_writes_is_not_the_one_that_comes_back(self) -> None:
        box = open_box()
        self.works(box)
        self.assertEqual(self.as_nadia.post(TRIAL).status_code, 302)
        keep(box, letter(f"Pharmacie du Soleil <{SOLEIL}>", "Message d’essai"))
        process_stored()
        self.assertNotIn("trial", self.done())

    def test_the_first_thing_to_do_has_the_filled_button(self) -> None:
        page = self.as_nadia.get(START).content.decode()
        self.assertEqual(page.count("btn-main"), 1)
        self.assertIn("2 étapes sur 9", page)
        self.assertIn("Ajoutez d’abord la BAL", page)
        self.assertIn("Relisez d’abord la notice", page)

    def test_every_page_of_the_console_says_how_far_it_is(self) -> None:
        for name in ("team", "hours", "mailbox"):
            self.assertContains(self.as_nadia.get(console(name)), "2 étapes sur 9")

    def test_the_console_begins_where_something_is_left_to_do(self) -> None:
        self.assertRedirects(self.as_nadia.get(console("home")), START)

    def test_nobody_elses_mailbox_counts(self) -> None:
        open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        self.assertNotIn("mailbox", self.done())
        self.assertEqual(self.as_nadia.post(TRIAL).status_code, 404)

    def test_claire_and_hugo_do_not_see_it(self) -> None:
        open_box()
        claire, hugo = signed_in(self.claire, self.soleil), self.hugo()
        self.assertEqual((claire.get(START).status_code, claire.post(TRIAL).status_code), (404, 404))
        self.assertContains(hugo.get(START), "1 étape sur 9")
        self.assertEqual(hugo.post(TRIAL).status_code, 404)
        self.assertFalse(Message.objects.exists())

    def test_the_responsible_person_comes_here_after_her_first_sign_in_and_nobody_else(self) -> None:
        self.phone.delete()
        for person, where in ((self.nadia, START), (self.karim, "/equipe/")):
            browser = half_signed_in(person, self.soleil)
            self.assertEqual(self.enrolled(browser, person)["Location"], where)

    def enrolled(self, browser: Browser, person: User) -> Any:
        prepare_enrolment(person)
        device = TotpDevice.objects.get(user=person, confirmed=False)
        browser.post("/equipe/telephone", {"code": code_at(device)})
        return browser.post("/equipe/codes-de-secours")


class Details(ConsoleTestCase):
    path = console("details")

    def test_address_and_phone_are_written_kept_and_shown_to_anybody(self) -> None:
        answer = self.as_nadia.post(
            self.path, {"address": " 12 rue des Tests ", "phone": "03.86.00.00.00"}, follow=True
        )
        self.assertContains(answer, "Les coordonnées sont enregistrées")
        public = Browser().get("/")
        for words in ("12 rue des Tests", "03\u00a086\u00a000\u00a000\u00a000"):
            self.assertContains(public, words)
        self.assertEqual(Entry.objects.latest("n").event, "pharmacy:details")

    def test_a_bad_number_is_refused_beside_the_field(self) -> None:
        for phone in ("", "12", "oui", "<b>03</b>"):
            answer = self.as_nadia.post(self.path, {"address": "12 rue des Tests", "phone": phone})
            self.assertContains(answer, 'id="error-phone"', status_code=422)
            self.assertContains(answer, "12 rue des Tests", status_code=422)

    def test_neither_claire_nor_hugo_changes_them(self) -> None:
        typed = {"address": "Ailleurs", "phone": "03 86 00 00 00"}
        self.assertEqual(signed_in(self.claire, self.soleil).post(self.path, typed).status_code, 404)
        self.hugo().post(self.path, typed)
        self.assertNotContains(Browser().get("/"), "Ailleurs")
