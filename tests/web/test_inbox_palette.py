"""Tests of the list of commands: what each may do on this screen, where to go, and nothing of a patient."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from portal.conversations.actions import finish
from portal.conversations.label_models import Colour
from portal.conversations.labels import create_label
from portal.lib.ids import uuid7
from portal.outbound.templates import save_template
from tests.inbound.letters import MARTIN
from tests.web.inbox_case import InboxTestCase, page


class Commands(InboxTestCase):
    def listed(self, browser: Any, conversation: Any = None) -> list[str]:
        query = {"echange": conversation.pk} if conversation else {}
        response = browser.htmx("get", page("palette"), query)
        self.assertEqual(response.status_code, 200)
        self.said = response.content.decode()
        return re.findall(r'role="option".*?<span>(.*?)</span>', self.said)

    def test_it_holds_the_acts_of_the_conversation_colleagues_and_views(self) -> None:
        found = self.listed(self.as_karim, self.received(files={"a.txt": ("text/plain", b"un")}))

        for label in (
            *("Répondre", "Terminer", "Écrire une note interne", "Je m’en charge", "Confier à Claire M."),
            *(
                "À traiter",
                "Terminés",
                "Nouveau message",
                "Garder toutes les pièces jointes (.zip)",
                "Chercher",
            ),
        ):
            self.assertIn(label, found)

    def test_it_leads_to_labels_to_the_handover_and_to_what_is_ones_own(self) -> None:
        create_label("Urgent", colour=Colour.RED, by=self.nadia)

        found = self.listed(self.as_karim, self.received())

        self.assertLessEqual({"Étiqueter", "Urgent", "Relève", "Mes absences", "Ma signature"}, set(found))

    def test_it_holds_the_templates_one_may_use(self) -> None:
        save_template(uuid7(), name="Prêt ce soir", text="Prêt.", version=0, by=self.nadia)

        self.assertIn("Prêt ce soir", self.listed(self.as_karim, self.received()))
        self.assertNotIn("Prêt ce soir", self.listed(self.as_karim, self.received(f"Dr Martin <{MARTIN}>")))

    def test_what_one_may_not_do_is_not_in_it(self) -> None:
        conversation = self.received()

        self.assertNotIn("Clore l’échange avec le patient", self.listed(self.as_karim, conversation))
        self.assertNotIn("Console", self.listed(self.as_karim, conversation))
        self.assertIn("Clore l’échange avec le patient", self.listed(self.as_claire, conversation))
        found = self.listed(self.browser(self.nadia))
        self.assertIn("Claire Moulin, dans l’équipe", found)
        self.assertNotIn("Répondre", found)

    def test_what_is_finished_is_opened_again(self) -> None:
        conversation = self.received()
        finish(conversation, by=self.karim, version=conversation.version)

        found = self.listed(self.as_karim, conversation)

        self.assertIn("Rouvrir", found)
        self.assertNotIn("Terminer", found)

    def test_it_holds_no_word_of_a_patient(self) -> None:
        conversation = self.received(
            f"Dr Zébulon <{MARTIN}>", "Objet-Secret", files={"secret.txt": ("text/plain", b"x")}
        )

        self.listed(self.as_claire, conversation)

        for word in ("Zébulon", "Secret", "secret", MARTIN):
            self.assertNotIn(word, self.said)

    def test_anothers_conversation_has_none(self) -> None:
        conversation = self.received()

        for browser, pk in ((self.hugo(), conversation.pk), (self.as_karim, uuid4()), (self.as_karim, "x")):
            self.assertEqual(browser.htmx("get", page("palette"), {"echange": pk}).status_code, 404)

    def test_without_scripts_it_is_a_page_of_links(self) -> None:
        response = self.as_karim.get(page("palette"))

        self.assertContains(response, "<h1>Commandes</h1>")
        self.assertContains(response, f'href="{page("compose")}"')
