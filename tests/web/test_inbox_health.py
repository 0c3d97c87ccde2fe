"""Tests that structured health mail is one line with its patient, its author, its doubts and its pages."""

from __future__ import annotations

from unittest import mock

from django.http import HttpResponse

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Attachment, Conversation
from portal.documents import rendering
from portal.lib.confined import Limits
from portal.prescriptions.models import Nature, Prescription
from sandbox import cda
from tests.documents import files as made
from tests.documents.structured import (
    DOCUMENT,
    LEA,
    NUMBER,
    TOM,
    archive,
    document,
    members,
    prescription,
)
from tests.inbound.letters import MARTIN
from tests.web.inbox_case import InboxTestCase, only_file, page

ZIP = "application/zip"
SUBJECT = "XDM/1.0/DDM+Prescription de produits de santé DURAND LEA MARIE 28/03/1979"


class HealthCase(InboxTestCase):
    def sent(self, data: bytes, sender: str = f"Dr Anne Martin <{MARTIN}>", **more: bytes) -> Conversation:
        """A professional sent this archive, and PDFs beside it."""
        files = {"IHE_XDM.zip": (ZIP, data)}
        files |= {f"{name}.pdf": ("application/pdf", content) for name, content in more.items()}
        return self.received(sender, SUBJECT, files=files)

    def opened(self, conversation: Conversation) -> HttpResponse:
        response = self.as_karim.get(page("conversation", conversation.pk))
        self.assertEqual(response.status_code, 200)
        return response


class Shown(HealthCase):
    def test_who_it_is_about_and_who_wrote_it_stand_above_its_pages(self) -> None:
        shown = self.opened(self.sent(archive()))

        self.assertContains(shown, "<b>DURAND LÉA MARIE</b>", html=True)
        self.assertContains(shown, "28/03/1979")
        self.assertContains(shown, "INS à vérifier")
        self.assertContains(shown, "Dr Anne MARTIN")
        self.assertContains(shown, 'title="Écrit le 20/11/2026 à 9:30">20/11/2026<')
        (card,) = shown.context["conversation"].attachments
        self.assertEqual((card.name, card.kind), ("Prescription de médicaments", "Document de santé"))
        self.assertEqual((len(card.page_urls), card.pages_url), (1, ""))

    def test_the_prefix_of_the_standard_is_hidden(self) -> None:
        conversation = self.sent(archive())

        shown = self.opened(conversation)

        self.assertNotContains(shown, "XDM/1.0/DDM")
        self.assertContains(shown, "Prescription de produits de santé DURAND LEA MARIE 28/03/1979")

    def test_a_document_and_its_pdf_are_one_line(self) -> None:
        wanted = prescription()
        pdf = cda.printed(wanted)
        conversation = self.sent(archive(members(document(pdf=pdf))), ordonnance=pdf, autre=made.pdf())

        cards = self.opened(conversation).context["conversation"].attachments

        names = [card.name for card in cards]
        self.assertEqual(names, ["Prescription de médicaments", "autre.pdf"])
        beside = next(
            file
            for file in Attachment.objects.filter(message__conversation=conversation)
            if file.name == "ordonnance.pdf"
        )
        self.assertEqual(cards[0].copy_url, page("attachment_file", beside.pk))

    def test_its_page_is_a_picture_of_the_content_host(self) -> None:
        conversation = self.sent(archive())
        (card,) = self.opened(conversation).context["conversation"].attachments
        origin, _, path = card.page_urls[0].partition("/page/")

        host = origin.removeprefix("http://")
        picture = self.client.get(f"/page/{path}", headers={"host": host})

        self.assertEqual((picture.status_code, picture.headers["Content-Type"]), (200, "image/jpeg"))

    def test_without_scripts_it_has_a_page_of_its_own(self) -> None:
        shown = self.as_karim.get(page("attachment", only_file(self.sent(archive())).pk))

        self.assertContains(shown, "DURAND LÉA MARIE")
        self.assertContains(shown, '<a class="page" href="http://contenu.soleil.localhost/page/')

    def test_words_are_shown_where_there_is_no_pdf(self) -> None:
        data = document(pdf=b"").replace(b"matin et soir", b"&lt;script&gt;matin&lt;/script&gt;")

        shown = self.opened(self.sent(archive(members(data))))

        self.assertContains(
            shown, "<li>Amoxicilline 1 g : &lt;script&gt;matin&lt;/script&gt;, 6 jours</li>", html=True
        )
        self.assertNotContains(shown, "Illisible")

    def test_a_later_version_says_that_it_replaces_the_one_before(self) -> None:
        shown = self.opened(self.sent(archive(members(document(version=2)))))

        self.assertContains(shown, "annule et remplace la précédente")

    def test_names_in_a_document_are_text_and_nothing_else(self) -> None:
        data = document().replace(b"DURAND", b"&lt;img src=x onerror=alert(1)&gt;")

        shown = self.opened(self.sent(archive(members(data))))

        self.assertNotContains(shown, "<img src=x")
        self.assertContains(shown, "&lt;img src=x onerror=alert(1)&gt;")


class Doubts(HealthCase):
    def test_what_is_doubtful_is_said_in_words(self) -> None:
        altered = members()
        altered[DOCUMENT] = altered[DOCUMENT].replace(b"matin et soir", b"trois fois  ")
        wrong = LEA.__class__("279035121518900", LEA.name, LEA.first_name, LEA.sex, LEA.born)
        for data, words in (
            (archive(altered), "n’est pas celui que l’archive annonce"),
            (archive(members(announced=TOM)), "ne désignent pas le même patient"),
            (
                archive(members(document(wrong).replace(b".213.1.4.10", b".213.1.4.8"), announced=wrong)),
                "La clé de cet INS est fausse",
            ),
            (archive(members(document(pdf=made.encrypted_pdf()))), "protégé par un mot de passe"),
        ):
            with self.subTest(words):
                self.assertContains(self.opened(self.sent(data)), words)

    def test_a_patient_who_sends_the_document_of_another_is_told_apart(self) -> None:
        conversation = self.sent(
            archive(members(document(TOM), announced=TOM)), sender="Léa <279035121518989@patient.mssante.fr>"
        )

        shown = self.opened(conversation)

        self.assertContains(shown, "un autre INS que celui du patient qui vous écrit")
        assert conversation.patient is not None
        conversation.patient.refresh_from_db()
        self.assertEqual(conversation.patient.birth_name, "")

    def test_one_that_cannot_be_read_says_why_and_may_still_be_kept(self) -> None:
        data = archive(members(b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/'>" + document()))

        shown = self.opened(self.sent(data))

        self.assertContains(shown, "Illisible.")
        self.assertContains(shown, "déclarations interdites")
        self.assertContains(shown, "Télécharger")


class Prescribed(HealthCase):
    def test_a_prescription_is_proposed_with_its_number_at_hand(self) -> None:
        conversation = self.sent(archive())

        shown = self.opened(conversation)

        self.assertContains(shown, "Ouvrir l’ordonnance")
        self.assertContains(shown, f'data-copy="{NUMBER}"')
        self.assertFalse(Prescription.objects.exists())
        self.as_karim.post(page("prescription_open", conversation.pk), {"version": 0})
        self.assertEqual(Prescription.objects.get().nature, Nature.PROFESSIONAL)
        again = self.opened(conversation)
        self.assertContains(again, f'data-copy="{NUMBER}"')
        self.assertNotContains(again, "Ouvrir l’ordonnance")

    def test_a_document_of_another_kind_proposes_none(self) -> None:
        data = document().replace(b'code="57833-6"', b'code="11490-0"')

        self.assertNotContains(self.opened(self.sent(archive(members(data)))), "Ouvrir l’ordonnance")

    def test_a_copied_number_is_in_the_journal_without_the_number(self) -> None:
        file = only_file(self.sent(archive()))

        answer = self.as_karim.htmx("post", page("copied_from", file.pk), {"what": "number"})

        self.assertEqual(answer.status_code, 204)
        entry = Entry.objects.get(event=Event.TRAIT_COPY)
        self.assertEqual((entry.object_id, entry.detail), (file.pk, "what=number"))
        refused = self.as_karim.post(page("copied_from", file.pk), {"what": NUMBER})
        self.assertEqual(refused.status_code, 404)
        self.assertEqual(self.hugo().post(page("copied_from", file.pk), {"what": "number"}).status_code, 404)


class Broken(HealthCase):
    def test_each_file_that_cannot_be_shown_says_why_and_may_be_kept(self) -> None:
        for name, (kind, data, words) in {
            "vide.pdf": ("application/pdf", b"", "Ce fichier est vide."),
            "autre.pdf": ("application/pdf", b"MZ rien d'un PDF", "n’est pas ce que son nom annonce"),
            "deux.jpg": ("image/jpeg", made.jpeg() + made.zipped({"a": b"a"}), "pour deux types à la fois"),
            "secret.pdf": ("application/pdf", made.encrypted_pdf(), "protégé par un mot de passe"),
            "enorme.png": ("image/png", made.png_head(12_000, 9_000), "trop grande"),
            "coupee.jpg": ("image/jpeg", made.jpeg(2_000, 3_000)[:4_000], "endommagé ou incomplet"),
        }.items():
            with self.subTest(name):
                conversation = self.received(subject=name, files={name: (kind, data)})
                file = only_file(conversation)

                shown = self.opened(conversation)

                self.assertContains(shown, "<b>Illisible.</b>", html=True)
                self.assertContains(shown, words)
                kept = self.as_karim.get(page("attachment_file", file.pk))
                self.assertEqual(kept.status_code, 302)

    def test_a_page_that_is_too_costly_says_so_once_it_was_tried(self) -> None:
        conversation = self.received(files={"lent.pdf": ("application/pdf", made.slow_pdf())})

        with mock.patch.object(rendering, "LIMITS", Limits(cpu=1, wall=5.0)):
            shown = self.as_karim.get(page("attachment", only_file(conversation).pk))

        self.assertContains(shown, "trop complexe pour être affiché")

    def test_of_a_document_of_a_thousand_pages_the_first_are_shown(self) -> None:
        conversation = self.received(files={"livre.pdf": ("application/pdf", made.pdf(pages=1_000))})

        shown = self.as_karim.get(page("attachment", only_file(conversation).pk))

        self.assertContains(shown, "1000 pages")
        self.assertEqual(len(shown.context["attachment"].page_urls), 200)
        self.assertContains(shown, "Seules les 200 premières pages")
