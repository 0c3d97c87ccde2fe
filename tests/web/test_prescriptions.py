"""Tests that a prescription goes from hand to hand on screen, and never past a pharmacist or an unseen original."""

from __future__ import annotations

from typing import Any

from portal.conversations.models import Conversation
from portal.mailboxes.models import MailboxKind
from portal.prescriptions.models import Act, Prescription, State
from tests.browsing import Browser
from tests.inbound.letters import MARTIN, letter
from tests.prescriptions.stage import PDF, arrived, with_photo
from tests.web.inbox_case import InboxTestCase, page

ORIGINAL = {"evidence": "original"}


class PrescriptionCase(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.as_claire = self.browser(self.claire)

    def begin(self) -> Conversation:
        conversation = with_photo(self.box)
        self.prescription = Prescription.objects.get()
        return conversation

    def step(self, browser: Browser, act: str, **said: Any) -> Any:
        self.prescription.refresh_from_db()
        data = {"version": self.prescription.version, "act": act, **said}
        response = browser.htmx("post", page("prescription_step", self.prescription.pk), data)
        self.prescription.refresh_from_db()
        return response

    def steps(self, *acts: tuple[Browser, str]) -> None:
        for browser, act in acts:
            self.assertEqual(self.step(browser, act).status_code, 200)

    def make_ready(self) -> None:
        self.steps((self.as_karim, "start"), (self.as_karim, "prepared"))
        self.steps((self.as_claire, "control"), (self.as_karim, "ready"))


class Steps(PrescriptionCase):
    def test_a_photo_shows_five_steps_and_one_thing_to_do(self) -> None:
        conversation = self.begin()

        response = self.as_karim.get(page("conversation", conversation.pk))

        for words in (
            "Reçue",
            "Contrôle par un pharmacien",
            "Remise, original vu",
            "Commencer la préparation",
        ):
            self.assertContains(response, words)
        self.assertContains(response, 'aria-current="step"', count=1)

    def test_karim_prepares_claire_controls_karim_hands_over(self) -> None:
        self.begin()
        self.make_ready()

        seen = self.step(self.as_karim, "hand-over", seen_by=self.claire.pk, **ORIGINAL)

        self.assertEqual(self.prescription.state, State.HANDED_OVER)
        for words in ("Préparée · Karim", "Contrôlée · Claire", "Remise · Karim, original vu par Claire"):
            self.assertContains(seen, words)

    def test_without_scripts_an_act_leads_back_to_the_conversation(self) -> None:
        conversation = self.begin()

        data = {"version": 1, "act": "start"}
        response = self.as_karim.post(page("prescription_step", self.prescription.pk), data)

        self.assertRedirects(response, page("conversation", conversation.pk), fetch_redirect_response=False)

    def test_karim_is_told_to_wait_for_a_pharmacist_and_cannot_go_round_it(self) -> None:
        self.begin()
        self.step(self.as_karim, "start")

        response = self.step(self.as_karim, "prepared")

        self.assertContains(response, "Un pharmacien doit la contrôler.")
        self.assertNotContains(response, "J’ai contrôlé")
        self.assertEqual(self.step(self.as_karim, "control", alone="1").status_code, 404)
        self.assertEqual(self.step(self.as_karim, "refuse:risk").status_code, 404)
        self.assertEqual(self.step(self.as_karim, "ready").status_code, 409)
        self.assertEqual(self.prescription.state, State.PREPARED)

    def test_claire_alone_confirms_her_own_control(self) -> None:
        self.begin()
        self.step(self.as_claire, "start")
        asked = self.step(self.as_claire, "prepared")
        self.assertContains(asked, "je confirme mon propre contrôle")

        refused = self.step(self.as_claire, "control")
        self.assertContains(refused, "un autre pharmacien la contrôle", status_code=422)
        done = self.step(self.as_claire, "control", alone="1")

        self.assertContains(done, "Contrôlée · Claire, seul pharmacien présent")
        self.assertTrue(self.prescription.controlled_alone)

    def test_nothing_is_handed_over_on_a_photo(self) -> None:
        self.begin()
        self.make_ready()

        for said in ({}, {"evidence": "original"}, {"evidence": "photo", "seen_by": self.karim.pk}):
            response = self.step(self.as_karim, "hand-over", **said)
            self.assertContains(response, "une photo ne suffit pas.", status_code=422)
        self.assertEqual(self.prescription.state, State.READY)

    def test_nobody_who_left_has_seen_the_original(self) -> None:
        self.begin()
        self.make_ready()
        self.claire.active = False
        self.claire.save(update_fields=["active"])

        response = self.step(self.as_karim, "hand-over", seen_by=self.claire.pk, **ORIGINAL)

        self.assertEqual((response.status_code, self.prescription.state), (422, State.READY))

    def test_a_colleague_who_was_quicker_stops_mine(self) -> None:
        self.begin()
        old = {"version": 1, "act": "start"}
        self.step(self.as_claire, "start")

        response = self.as_karim.htmx("post", page("prescription_step", self.prescription.pk), old)

        self.assertContains(response, "Un collègue l’a fait avancer", status_code=409)
        self.assertEqual(self.prescription.steps.filter(act=Act.START).count(), 1)

    def test_it_waits_for_a_reason_that_all_can_read(self) -> None:
        self.begin()

        self.assertEqual(self.step(self.as_karim, "wait").status_code, 422)
        self.assertEqual(self.step(self.as_karim, "wait:other").status_code, 422)
        response = self.step(self.as_karim, "wait:stock", remark="Metformine 850, livrée demain")

        self.assertContains(response, "Produit manquant : Metformine 850, livrée demain")
        self.assertContains(response, "Reprendre")

    def test_what_is_no_act_changes_nothing(self) -> None:
        self.begin()

        for act in ("dispense", "open", "", "wait:" + "x" * 60):
            self.assertEqual(self.step(self.as_karim, act).status_code, 422)
        self.assertEqual(self.prescription.state, State.RECEIVED)

    def test_a_professionals_pdf_is_opened_by_hand_once(self) -> None:
        conversation = arrived(self.box, letter(f"Dr Martin <{MARTIN}>", files={"o.pdf": PDF}))
        seen = self.as_karim.get(page("conversation", conversation.pk))
        self.assertContains(seen, "Ouvrir une ordonnance")
        url = page("prescription_open", conversation.pk)

        self.assertContains(self.as_karim.htmx("post", url, {"version": 0}), "Reçue d’un professionnel")
        again = self.as_claire.htmx("post", url, {"version": 0})

        self.assertContains(again, "Une ordonnance a été ouverte entre-temps", status_code=409)
        self.assertEqual(Prescription.objects.count(), 1)


class View(PrescriptionCase):
    def test_the_view_lists_by_state_and_counts(self) -> None:
        self.begin()
        self.steps((self.as_karim, "start"), (self.as_karim, "prepared"))
        with_photo(self.box, subject="Une autre")

        response = self.as_karim.get(page("inbox_view", "ordonnances"))

        html = response.content.decode()
        self.assertLess(html.index(">À contrôler</h2>"), html.index(">Reçues</h2>"))
        self.assertContains(response, '<span class="nav-count">2</span>')
        self.assertContains(response, "?vue=ordonnances")

    def test_the_other_lists_say_that_one_is_under_way(self) -> None:
        self.begin()
        url = page("inbox_view", "a-traiter")
        self.assertContains(self.as_karim.get(url), "Ordonnance</span>")

        self.step(self.as_karim, "abandon:duplicate")

        self.assertNotContains(self.as_karim.get(url), "Ordonnance</span>")

    def test_what_was_handed_over_leaves_the_view(self) -> None:
        conversation = self.begin()
        self.make_ready()
        self.step(self.as_karim, "hand-over", seen_by=self.karim.pk, **ORIGINAL)

        response = self.as_karim.get(page("inbox_view", "ordonnances"))

        self.assertContains(response, "Aucune ordonnance en cours")
        self.assertNotContains(response, f"row-{conversation.pk}")

    def test_thirty_cost_as_few_queries_as_three(self) -> None:
        url = page("inbox_view", "ordonnances")
        counts = []
        for number in (3, 27):
            for each in range(number):
                with_photo(self.box, subject=f"Ordonnance {number} {each}")
            self.as_karim.get(url)
            with self.statements() as made:
                self.as_karim.get(url)
            counts.append(len(made.sql))

        self.assertEqual(counts[0], counts[1], "\n".join(made.sql))
        self.assertLessEqual(counts[1], 10, "\n".join(made.sql))

    def test_a_conversation_with_one_takes_two_queries_more(self) -> None:
        with_one, without = self.begin(), arrived(self.box, letter(subject="Merci"))
        counts = []
        for conversation in (with_one, without):
            self.as_karim.get(page("conversation", conversation.pk))
            with self.statements() as made:
                self.as_karim.get(page("conversation", conversation.pk))
            counts.append(len(made.sql))

        self.assertLessEqual(counts[0] - counts[1], 2, "\n".join(made.sql))


class Isolation(PrescriptionCase):
    def test_hugo_neither_sees_nor_moves_it(self) -> None:
        conversation = self.begin()
        hugo = self.hugo()

        moved = hugo.post(page("prescription_step", self.prescription.pk), {"version": 1, "act": "start"})
        opened = hugo.post(page("prescription_open", conversation.pk), {"version": 1})

        self.assertEqual((moved.status_code, opened.status_code), (404, 404))
        self.assertNotContains(hugo.get(page("inbox_view", "ordonnances")), "Léa")
        self.prescription.refresh_from_db()
        self.assertEqual(self.prescription.state, State.RECEIVED)

    def test_what_came_to_nadias_own_mailbox_is_hers_alone(self) -> None:
        conversation = self.begin()
        self.box.kind, self.box.owner = MailboxKind.PER, self.nadia
        self.box.save(update_fields=["kind", "owner"])

        listed = self.as_karim.get(page("inbox_view", "ordonnances"))

        self.assertNotContains(listed, f"row-{conversation.pk}")
        self.assertNotContains(listed, "nav-count")
        self.assertEqual(self.step(self.as_karim, "start").status_code, 404)
        self.assertEqual(self.step(self.browser(self.nadia), "start").status_code, 200)
