"""Tests of what leaves the screen: a conversation on paper or as PDF, all its files as one archive."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Attachment, Conversation, ScanState
from portal.conversations.notes import add_note
from portal.documents.paper import MOST_PAGES, Paper, Passage, written
from portal.lib.ids import uuid7
from portal.web.content.links import Link, Use, sign
from tests.browsing import Browser
from tests.documents.files import pdf
from tests.inbound.letters import LEA
from tests.web.inbox_case import InboxTestCase, page

CONTENT = "contenu.soleil.localhost"


def words_of(document: bytes) -> str:
    pages = pypdfium2.PdfDocument(document)
    return "\n".join(each.get_textpage().get_text_bounded() for each in pages)


class Keeping(InboxTestCase):
    def details(self, event: Event) -> list[str]:
        return list(Entry.objects.filter(event=event).values_list("detail", flat=True))


class AsPdf(Keeping):
    def kept(self, conversation: Conversation, query: str = "") -> str:
        response = self.as_karim.get(f"{page('conversation_pdf', conversation.pk)}{query}")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertNotIn("durand", response.headers["Content-Disposition"].lower())
        return words_of(response.content)

    def test_it_says_whose_who_wrote_when_and_on_which_page(self) -> None:
        sender = f"Łukasz Ωmega Ковач <{LEA}>"
        text = "Voilà, cœur été.\n-- \nŁukasz\n\nLe 12/11, la pharmacie a écrit :\n> C’est prêt."
        conversation = self.received(sender, text=text, files={"ordonnance.pdf": ("application/pdf", pdf(1))})

        said = self.kept(conversation)

        for piece in (
            *("Pharmacie du Soleil", "Conversation avec Łukasz Ωmega Ковач", "Objet : Mon ordonnance"),
            *(
                "(Mon espace santé), le",
                "Voilà, cœur été.",
                "C’est prêt.",
                "ordonnance.pdf (",
                "par Karim B.",
            ),
            "Page 1 sur 1",
        ):
            self.assertIn(piece, said)
        self.assertEqual(self.details(Event.CONVERSATION_EXPORT), ["what=pdf"])

    def test_internal_notes_are_in_it_only_when_asked_for(self) -> None:
        conversation = self.received()
        add_note(conversation, by=self.claire, text="Rappeler le fils.", note_id=uuid7())

        self.assertNotIn("Rappeler le fils", self.kept(conversation))
        self.assertIn("Rappeler le fils", self.kept(conversation, "?notes=1"))
        self.assertEqual(self.details(Event.CONVERSATION_EXPORT), ["what=pdf", "what=pdf-notes"])

    def test_words_of_a_sender_are_words_in_it(self) -> None:
        conversation = self.received(text='<img src="http://piege.localhost/x"/> <b>&amp; 1 < 2')

        self.assertIn('<img src="http://piege.localhost/x"/> <b>&amp; 1 < 2', self.kept(conversation))

    def test_it_has_an_end_whatever_is_in_it(self) -> None:
        def paper(*texts: str) -> Paper:
            return Paper("Soleil", "T", (), tuple(Passage("Léa", text) for text in texts), "Édité")

        document = pypdfium2.PdfDocument(written(paper("x\n" * 40_000)))
        self.assertEqual(len(document), MOST_PAGES)
        self.assertIn("Document coupé", document[MOST_PAGES - 1].get_textpage().get_text_bounded())
        self.assertIn("a" * 40, words_of(written(paper("a" * 5000))))
        pages = pypdfium2.PdfDocument(written(paper(*["a\nb"] * 60)))
        ends = [each.get_textpage().get_text_bounded().rstrip()[-3:] for each in pages]
        self.assertNotIn("Léa", ends)

    def test_paper_that_was_printed_is_in_the_journal(self) -> None:
        conversation = self.received()

        self.assertEqual(self.as_karim.post(page("conversation_printed", conversation.pk)).status_code, 204)

        entry = Entry.objects.get(event=Event.CONVERSATION_PRINT)
        self.assertEqual((entry.actor, entry.object_id), (self.karim.pk, conversation.pk))


class AllFiles(Keeping):
    def archive(self, conversation: Conversation) -> zipfile.ZipFile:
        led = self.as_karim.get(page("all_files", conversation.pk))
        target = urlsplit(led.headers["Location"])
        self.assertEqual(target.netloc, CONTENT)
        response: Any = Browser(CONTENT).get(target.path)
        self.assertTrue(
            response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
        )
        self.assertEqual(response.headers["Content-Type"], "application/octet-stream")
        return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))

    def test_every_file_is_in_it_under_a_name_of_its_own(self) -> None:
        files = {
            "Ordonnance été.pdf": ("application/pdf", pdf(1)),
            "ordonnance ÉTÉ.pdf": ("application/pdf", pdf(2)),
            "../../etc/passwd": ("text/plain", b"un"),
        }
        conversation = self.received(files=files)

        archive = self.archive(conversation)

        self.assertIsNone(archive.testzip())
        names = archive.namelist()
        self.assertEqual((len(names), len({name.lower() for name in names}), names[-1]), (4, 4, "LISTE.txt"))
        self.assertFalse(any(mark in name for name in names for mark in ("/", "\\")), names)
        self.assertEqual(archive.read(names[1]), pdf(2))
        self.assertEqual(self.details(Event.CONVERSATION_EXPORT), ["what=files count=3 of=3"])

    def test_what_has_a_virus_is_left_out_and_said_to_be(self) -> None:
        conversation = self.received(
            files={"a.pdf": ("application/pdf", pdf(1)), "b.pdf": ("application/pdf", pdf(2))}
        )
        Attachment.objects.filter(position=1).update(scan=ScanState.INFECTED)

        archive = self.archive(conversation)

        self.assertEqual(archive.namelist(), ["a.pdf", "LISTE.txt"])
        self.assertRegex(
            archive.read("LISTE.txt").decode(), r"b\.pdf \(reçue le .*\) : laissée de côté : .*virus"
        )
        self.assertContains(self.as_karim.get(page("conversation", conversation.pk)), "1 laissée de côté")
        self.assertEqual(self.details(Event.CONVERSATION_EXPORT), ["what=files count=1 of=2"])

    def test_attachment_url_that_works_without_its_signature_or_for_another_pharmacy(self) -> None:
        conversation = self.received(files={"a.pdf": ("application/pdf", pdf(1))})
        good = sign(Link(Use.FILES, conversation.pk, self.karim.pk), now=timezone.now())
        token = good.rpartition("/")[2]

        for host, path in (
            (CONTENT, f"/pieces/{conversation.pk}"),
            (CONTENT, f"{good[:-1]}{'a' if good[-1] != 'a' else 'b'}"),
            *((CONTENT, f"/{use}/{token}") for use in ("page", "piece", "original", "mise-en-page")),
            ("contenu.gare.localhost", good),
            ("soleil.localhost", good),
        ):
            self.assertEqual(Browser(host).get(path).status_code, 404, (host, path))
        for name in ("all_files", "conversation_pdf"):
            self.assertEqual(self.hugo().get(page(name, conversation.pk)).status_code, 404)
