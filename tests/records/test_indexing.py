"""Tests that what files say is found some time after they came in, whatever happens to the worker meanwhile."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Value

from portal.conversations.models import Attachment, Message, ScanState, WordsState
from portal.conversations.search import INDEX
from portal.lib.failpoints import INDEXING
from portal.records import indexing
from portal.records.indexing import ask_again, index_due
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.chaos import KILLED, Workers
from tests.documents import structured
from tests.documents.files import encrypted_pdf, scanned_pdf, written_pdf
from tests.documents.test_wording import NO_OCR
from tests.inbound.letters import letter
from tests.web.inbox_case import CommittingInboxTestCase, InboxTestCase, page

PETIT = "Dr Sylvain Petit <s.petit@medecin-test.mssante.fr>"
SORTIE = written_pdf("Compte rendu de sortie : apixaban 5 mg,\narrêt du bisoprolol le 3 novembre.")
NO_PROGRAM = patch.object(indexing, "program", return_value="")


class Words(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.received(PETIT, "Sortie", "Voir le document.", files={"sortie.pdf": ("application/pdf", SORTIE)})
        self.file = Attachment.objects.get()

    def ask(self, words: str) -> Any:
        return self.as_karim.post(page("search"), {"q": words}, follow=True)

    def found(self, words: str) -> list[str]:
        return [row.who for row in self.ask(words).context["shell"].listing.rows]

    def state(self) -> str:
        return Attachment.objects.get(pk=self.file.pk).words

    def test_until_it_is_read_the_search_says_so_and_then_finds_it(self) -> None:
        self.assertContains(self.ask("apixaban"), "Des pièces jointes n’ont pas encore été lues")
        self.assertEqual(self.found("apixaban"), [])

        index_due()

        answer = self.ask("apixaban sortie")
        self.assertNotContains(answer, "n’ont pas encore été lues")
        self.assertContains(answer, "sortie.pdf : ")
        self.assertContains(answer, "<mark>apixaban</mark>")
        self.assertEqual(self.state(), WordsState.READ)
        for words in ("apixab", '"arrêt du bisoprolol"', "pj:apixaban", "pj:sortie", "pj:pdf apixaban"):
            with self.subTest(words):
                self.assertEqual(self.found(words), ["Dr Sylvain Petit"])
        self.assertEqual(self.found('"bisoprolol du"'), [])
        self.assertEqual(self.found("pj:document"), [])

    def test_opened_from_the_search_the_file_that_holds_it_says_so(self) -> None:
        index_due()
        (row,) = self.ask("apixaban").context["shell"].listing.rows

        self.assertContains(self.as_karim.get(row.url), "trouvé dans ce fichier")

    def test_no_word_of_it_stands_in_the_row(self) -> None:
        index_due()
        with connection.cursor() as cursor:
            cursor.execute("SELECT a::text, m::text FROM conversations_attachment a, conversations_message m")
            self.assertNotIn("apixaban", "".join(cursor.fetchone()).lower())

    def test_a_patient_is_found_by_what_a_doctor_sent_about_her(self) -> None:
        self.assertEqual(self.found("patient:durand"), [])
        self.received(files={"IHE_XDM.zip": ("application/zip", structured.archive())}, sender=PETIT)
        index_due()

        self.assertEqual(self.found("patient:durand"), ["Dr Sylvain Petit"])
        self.assertEqual(self.found("patient:279035121518989 amoxicilline"), ["Dr Sylvain Petit"])
        self.assertEqual(self.found("patient:bisoprolol"), [])

    def test_a_file_that_cannot_be_read_is_not_waited_for(self) -> None:
        self.received(PETIT, files={"a.pdf": ("application/pdf", encrypted_pdf())})
        index_due()

        self.assertFalse(Attachment.objects.filter(words=WordsState.WAITING).exists())
        self.assertEqual(Attachment.objects.latest("id").words, WordsState.FAILED)

    def test_a_file_that_the_antivirus_has_not_passed_is_left_alone(self) -> None:
        Attachment.objects.update(scan=ScanState.INFECTED)
        index_due()

        self.assertEqual(self.state(), WordsState.WAITING)
        self.assertNotContains(self.ask("apixaban"), "n’ont pas encore été lues")

    def test_a_scan_is_named_as_unread_where_no_program_reads_it(self) -> None:
        self.received(PETIT, files={"scan.pdf": ("application/pdf", scanned_pdf("Apixaban 5 mg"))})
        with NO_PROGRAM:
            index_due()
            answer = self.ask("apixaban")

        self.assertContains(answer, "la reconnaissance de texte (tesseract) n’est pas installée")
        self.assertEqual(Attachment.objects.latest("id").words, WordsState.OCR)

    @unittest.skipIf(NO_OCR, NO_OCR)
    def test_a_scan_is_found_once_the_program_is_there(self) -> None:
        self.received(
            "Dr B <b@medecin-test.mssante.fr>",
            files={"scan.pdf": ("application/pdf", scanned_pdf("Rivaroxaban 20 mg"))},
        )
        with NO_PROGRAM:
            index_due()
        index_due()

        self.assertEqual(self.found("rivaroxaban"), ["Dr B"])
        self.assertNotContains(self.ask("rivaroxaban"), "n’est pas installée")

    def test_messages_of_before_the_rules_changed_are_indexed_again(self) -> None:
        index_due()
        Message.objects.update(indexed=0, tokens=Value(""))
        self.assertContains(self.ask("sortie"), "L’index des anciens messages est en cours de mise à jour")

        index_due()

        self.assertEqual(self.found("sortie apixaban petit"), ["Dr Sylvain Petit"])
        self.assertNotContains(self.ask("sortie"), "en cours de mise à jour")

    def test_it_takes_turns_and_asks_for_the_next(self) -> None:
        Wakeup.objects.all()
        with patch.object(indexing, "wake") as woken:
            index_due(seconds=0)
            self.received(
                PETIT, files={"b.pdf": ("application/pdf", SORTIE), "c.pdf": ("application/pdf", SORTIE)}
            )
            index_due(seconds=0)
        self.assertEqual([call.args[0] for call in woken.call_args_list], [INDEX])


class Again(CommittingInboxTestCase):
    def test_the_operator_asks_for_what_is_not_known_yet_or_for_all_of_it_once_more(self) -> None:
        self.receive(letter(PETIT, "Sortie", files={"sortie.pdf": ("application/pdf", SORTIE)}))
        self.assertEqual(self.again(), "Pharmacie du Soleil : 1 à lire.\n")
        self.there(index_due)
        Wakeup.objects.using(OWNER).filter(what=INDEX).delete()

        self.assertEqual(self.again(), "Pharmacie du Soleil : 0 à lire.\n")
        self.assertFalse(Wakeup.objects.using(OWNER).filter(what=INDEX).exists())
        self.assertEqual(self.again(all=True), "Pharmacie du Soleil : 1 à lire.\n")
        self.assertTrue(Wakeup.objects.using(OWNER).filter(what=INDEX).exists())
        self.there(index_due)

        answer = self.as_karim.post(page("search"), {"q": "apixaban"}, follow=True)
        self.assertEqual(len(answer.context["shell"].listing.rows), 1)
        with self.assertRaises(CommandError):
            call_command("index_again", pharmacy="ph_nowhere")

    def again(self, **options: Any) -> str:
        """Of Soleil alone: the others of this cluster have their own nights."""
        leave()
        said = StringIO()
        call_command("index_again", stdout=said, pharmacy=self.soleil.schema_name, **options)
        return said.getvalue()

    def there(self, act: Callable[[], None]) -> None:
        with inside(self.soleil):
            act()


class Killed(CommittingInboxTestCase):
    def test_a_worker_killed_while_it_reads_loses_nothing_and_doubles_nothing(self) -> None:
        with Workers() as workers:
            for number, point in enumerate(INDEXING):
                self.receive(
                    letter(PETIT, f"Lot {number}", files={"sortie.pdf": ("application/pdf", SORTIE)})
                )
                wished = Wakeup.objects.using(OWNER).filter(what=INDEX)
                self.assertTrue(wished.exists())
                code = workers.run("portal.records.indexing:index_due", self.soleil, fp=f"{point}:1")
                self.assertEqual(code, KILLED)
                self.assertEqual(workers.run("portal.records.indexing:index_due", self.soleil), 0)

                self.assertFalse(Attachment.objects.exclude(words=WordsState.READ).exists())
                answer = self.as_karim.post(page("search"), {"q": "apixaban"}, follow=True)
                self.assertEqual(len(answer.context["shell"].listing.rows), number + 1)
        ask_again()
