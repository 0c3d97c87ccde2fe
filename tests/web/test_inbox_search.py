"""Tests that the team finds what was written, only what it may see, and that the words asked for stay nowhere."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.contrib.sessions.models import Session
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connection

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations import finding
from portal.conversations.actions import finish
from portal.conversations.label_models import Colour
from portal.conversations.labels import create_label, put_label
from portal.conversations.models import Conversation, Message
from portal.conversations.notes import add_note
from portal.conversations.passages import Sought
from portal.lib.ids import uuid7
from portal.mailboxes.models import MailboxKind
from tests.browsing import Browser
from tests.inbound.letters import LEA, letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, page

PETIT = "Dr Sylvain Petit <s.petit@medecin-test.mssante.fr>"
INS = LEA.partition("@")[0]
INDEX = "tsquery"


def broken_index(error: type[Exception]) -> Any:
    """Whatever asks the index gets this error."""

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if INDEX in sql:
            raise error
        return run(sql, params, many, context)

    return execute


class Search(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lea = self.received(text="Il me faut du Levothyrox 75.")
        self.petit = self.received(PETIT, "Sortie de M. Lambert", "Voyez le Ramipril.")

    def ask(self, words: str, browser: Browser | None = None) -> Any:
        return (browser or self.as_karim).post(page("search"), {"q": words}, follow=True)

    def found(self, words: str, browser: Browser | None = None) -> list[str]:
        rows = self.ask(words, browser).context["shell"].listing.rows
        return [row.who for row in rows]

    def mail_id(self, conversation: Conversation) -> str:
        headers: dict[str, str] = Message.objects.get(conversation=conversation).headers
        return f"<{headers['message_id']}>"

    def test_names_numbers_words_and_beginnings_of_names_find_it(self) -> None:
        for words in ("lévothyrox", "Durand", "dur", INS, "2 79 03 51 215 189 89", "levothyrox durand"):
            with self.subTest(words):
                self.assertEqual(self.found(words), ["Léa Durand"])
        self.assertEqual(self.found("lambert ramipril"), ["Dr Sylvain Petit"])

    def test_forms_and_beginnings_of_the_words_of_a_message_find_it_and_its_likes_do_not(self) -> None:
        for words in ("levot", "levothyr", "Médecins ramiprils", "voyez"):
            with self.subTest(words):
                self.assertNotEqual(self.found(words.removeprefix("Médecins ")), [])
        self.assertEqual(self.found("levotx"), [])  # the same first five letters, and no such word

    def test_a_phrase_is_met_word_for_word(self) -> None:
        self.receive(letter(PETIT, "Avis", "Faut-il du levothyrox ? Il en reste. Le sirop, 75 ml."))
        self.assertEqual(self.found('"Levothyrox 75"'), ["Léa Durand"])
        self.assertEqual(self.found("«\xa0il me faut du lévothyrox\xa0»"), ["Léa Durand"])
        self.assertEqual(self.found('"75 levothyrox"'), [])
        self.assertEqual(self.found('"evothyrox 75"'), [])  # it begins within a word

    def test_what_is_marked_stands_where_it_stands_whatever_letters_come_before(self) -> None:
        for before in ("œuf ", "Straße ", "µg ", "½ ™ ", "e\u0301te\u0301 ", "Ωμέγα "):
            start = len(before)
            self.assertEqual(Sought(["ete"]).spans(f"{before}| Été")[-1:], [(start + 2, start + 5)], before)

    def test_a_phrase_is_found_behind_one_that_only_looks_so(self) -> None:
        both = Sought(phrases=[("pas", "le", "pas")])

        self.assertEqual(both.spans("trépas le pas le pas"), [(10, 20)])
        self.assertEqual(both.spans("trépas le pas"), [])

    def test_operators_narrow_it_with_and_without_accents(self) -> None:
        finish(self.petit, by=self.nadia, version=self.petit.version)
        expected = {
            "de:petit": ["Dr Sylvain Petit"],
            "de:durand ramipril": [],
            "à:soleil": ["Dr Sylvain Petit", "Léa Durand"],
            "a:durand": [],
            "patient:durand": ["Léa Durand"],
            f"patient:{INS}": ["Léa Durand"],
            "patient:lambert": [],
            "pj:non levothyrox": ["Léa Durand"],
            "pj:pdf": [],
            "état:terminé": ["Dr Sylvain Petit"],
            'etat:"à traiter"': ["Léa Durand"],
            "état:attente": [],
            "avant:2026 levothyrox": [],
            "apres:11/2026 levothyrox": ["Léa Durand"],
            "après:1/11/2026 avant:17/11/2026 de:petit": ["Dr Sylvain Petit"],
        }
        for words, names in expected.items():
            with self.subTest(words):
                self.assertEqual(self.found(words), names)

    def test_a_label_narrows_it_and_one_that_is_none_is_told(self) -> None:
        label = create_label("À commander", colour=Colour.AMBER, by=self.nadia)
        put_label(self.petit, label, by=self.nadia)
        for words in ('étiquette:"à commander"', "etiquette:a", 'étiquette:"À comm" ramipril'):
            with self.subTest(words):
                self.assertEqual(self.found(words), ["Dr Sylvain Petit"])
        self.assertEqual(self.found('étiquette:"à commander" levothyrox'), [])
        answer = self.as_karim.post(page("search"), {"q": "étiquette:perdue"})
        self.assertContains(answer, "Aucune étiquette ne s’appelle « perdue »", status_code=422)

    def test_what_colleagues_wrote_is_found_by_their_name(self) -> None:
        add_note(self.lea, note_id=uuid7(), text="Rappeler pour le zymafluor.", by=self.claire)
        self.assertEqual(self.found("de:claire zymafluor"), ["Léa Durand"])
        self.assertEqual(self.found("de:moi zymafluor"), [])
        self.assertEqual(self.found("de:moi zymafluor", self.as_claire), ["Léa Durand"])

    def test_a_wrong_value_is_told_beside_the_field_and_nothing_is_searched(self) -> None:
        for words, said in (
            ("avant:45/13/2026 durand", "« 45/13/2026 » n’est pas une date"),
            ("état:perdu", "« perdu » n’est pas un état"),
            ("de:", "attend une valeur"),
            ("pj:x", "trop court"),
        ):
            with self.subTest(words):
                answer = self.as_karim.post(page("search"), {"q": words})
                self.assertContains(answer, said, status_code=422)
                self.assertContains(
                    answer, 'aria-invalid="true" aria-describedby="search-fault"', status_code=422
                )
                self.assertContains(answer, f'value="{words}"', status_code=422)
                self.assertNotContains(answer, "Rien trouvé", status_code=422)
        self.assertFalse(Entry.objects.filter(event=Event.CONVERSATION_SEARCH).exists())

    def test_the_words_are_marked_in_the_list_and_in_the_conversation_and_escaped(self) -> None:
        self.received(PETIT, "<b>Avis</b>", "Voir <script>levothyrox</script> & l’œdème")
        answer = self.ask("lévothyrox oedeme")
        self.assertContains(
            answer, "&lt;script&gt;<mark>levothyrox</mark>&lt;/script&gt; &amp; l’<mark>œdème</mark>"
        )
        (row,) = answer.context["shell"].listing.rows
        self.assertNotIn("oedeme", row.url)

        opened = self.as_karim.get(row.url, headers={"HX-Request": "true"})
        self.assertContains(opened, "&lt;script&gt;<mark>levothyrox</mark>&lt;/script&gt;")
        whole = self.as_karim.get(row.url)
        self.assertEqual([each.current for each in whole.context["shell"].listing.rows], [True])
        self.assertNotContains(self.as_karim.get(row.url.partition("?")[0]), "<mark>")

    def test_every_word_must_be_there(self) -> None:
        self.assertEqual(self.found("levothyrox petit"), [])
        self.assertContains(self.ask("doliprane"), "Rien trouvé")

    def test_what_is_done_is_found_too_newest_first(self) -> None:
        finish(self.lea, by=self.nadia, version=self.lea.version)
        self.receive(letter(PETIT, "Levothyrox ?", "Et le levothyrox ?"))

        self.assertEqual(self.found("levothyrox"), ["Dr Sylvain Petit", "Léa Durand"])

    def test_words_stand_in_no_address_and_the_page_can_be_come_back_to(self) -> None:
        answer = self.as_karim.post(page("search"), {"q": INS})

        self.assertRedirects(answer, page("search"))
        again = self.as_karim.get(page("search"))
        self.assertContains(again, f'value="{INS}"')
        self.assertContains(again, "Léa Durand")
        title = again.content.decode().partition("<title>")[2].partition("</title>")[0]
        self.assertNotIn(INS, title)

    def test_an_address_with_words_in_it_is_not_listened_to(self) -> None:
        self.assertEqual(self.as_karim.get(page("search") + "?q=durand").context["shell"].listing.rows, ())

    def test_words_are_sealed_in_the_session(self) -> None:
        self.ask(INS)

        kept = Session.objects.get(session_key=self.as_karim.sid)
        self.assertNotIn(INS, str(kept.get_decoded()))
        self.assertIn("search", kept.get_decoded())

    def test_words_of_another_person_are_not_opened(self) -> None:
        self.ask(INS)
        kept = Session.objects.get(session_key=self.as_karim.sid).get_decoded()["search"]
        claire = self.browser(self.claire)
        claire.change_session(search=kept)

        self.assertNotContains(claire.get(page("search")), INS)

    def test_the_journal_holds_a_fingerprint_of_the_words(self) -> None:
        self.ask(INS)
        self.ask(f" {INS} ")

        first, second = Entry.objects.filter(event=Event.CONVERSATION_SEARCH)
        self.assertEqual(first.actor, self.karim.pk)
        self.assertEqual(first.object_id, second.object_id)
        self.assertNotIn(INS, f"{first.object_id} {first.detail}")

    def test_what_cannot_be_looked_for_is_said_and_is_not_nothing_found(self) -> None:
        for words in ("de la", "x", "…"):
            with self.subTest(words):
                answer = self.ask(words)
                self.assertContains(answer, "ne peuvent pas être cherchés")
                self.assertNotContains(answer, "Rien trouvé")

    def test_a_search_that_lies_when_it_fails_is_designed_out(self) -> None:
        for error in (OperationalError, ProgrammingError, InternalError, InterfaceError):
            with self.subTest(error.__name__), connection.execute_wrapper(broken_index(error)):
                answer = self.ask("durand")
                self.assertContains(answer, "La recherche n’a pas pu se faire", status_code=503)
                self.assertNotContains(answer, "Rien trouvé", status_code=503)

    def test_a_search_that_takes_too_long_is_stopped_and_is_not_nothing_found(self) -> None:
        def slow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            return execute(
                sql.replace("SELECT", "SELECT pg_sleep(9),", 1) if INDEX in sql else sql,
                params,
                many,
                context,
            )

        with patch.object(finding, "PATIENCE", "20ms"), connection.execute_wrapper(slow):
            answer = self.ask("durand")

        self.assertContains(answer, "La recherche n’a pas pu se faire", status_code=503)
        self.assertNotContains(answer, "Rien trouvé", status_code=503)

    def test_pages_follow_one_another_and_each_conversation_stands_on_one(self) -> None:
        for number in range(4):
            self.receive(letter(f"Dr {number}x <d{number}@medecin-test.mssante.fr>", "Lot", "levothyrox"))
        self.receive(letter(text="Encore du levothyrox.", answers=self.mail_id(self.lea)))
        seen: list[str] = []
        with patch.object(finding, "PAGE", 2):
            listing = self.ask("levothyrox").context["shell"].listing
            seen += [row.who for row in listing.rows]
            while listing.more_url:
                self.assertNotIn("levothyrox", listing.more_url)
                more = self.as_karim.get(listing.more_url, headers={"HX-Request": "true"})
                listing = more.context["shell"].listing
                seen += [row.who for row in listing.rows]

        self.assertEqual(seen, ["Léa Durand", "Dr 3x", "Dr 2x", "Dr 1x", "Dr 0x"])

    def test_candidates_that_were_not_read_yet_are_said_to_be_there(self) -> None:
        for number in range(3):
            self.receive(letter(PETIT, f"Lot {number}", "Le prescripteur."))
        with patch.object(finding, "ROUNDS", (1, 1)):
            answer = self.ask("prescriptions")
            self.assertContains(answer, "Rien trouvé jusqu’ici")
            self.assertContains(answer, "Chercher plus loin")
            last = self.as_karim.get(answer.context["shell"].listing.more_url)

        self.assertContains(last, "Rien de plus ancien")

    def test_a_colleagues_own_mailbox_is_found_by_nobody_else(self) -> None:
        own = open_box("claire@pro.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        self.received("Dr B <b@medecin-test.mssante.fr>", "Zymafluor", "Zymafluor.", box=own)

        self.assertEqual(self.found("zymafluor", self.browser(self.claire)), ["Dr B"])
        self.assertEqual(self.found("zymafluor"), [])
        self.assertEqual(self.found("zymafluor", self.browser(self.nadia)), [])

    def test_another_pharmacy_finds_nothing_of_this_one(self) -> None:
        self.assertEqual(self.found("durand", self.hugo()), [])

    def test_it_costs_as_few_statements_whatever_is_found(self) -> None:
        def cost(words: str) -> int:
            self.ask(words)
            with self.statements() as made:
                self.as_karim.get(page("search"))
            return len(made.sql)

        none, one = cost("doliprane"), cost("levothyrox")
        for number in range(8):
            self.receive(letter(f"Dr {number}x <d{number}@medecin-test.mssante.fr>", "Lot", "levothyrox"))
        self.assertEqual(cost("levothyrox"), one)
        self.assertLessEqual(max(none, one), 10)
