"""Tests that the content host serves what a good link names, harmlessly, and a bare 404 to everything else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from django.test import override_settings
from django.utils import timezone
from PIL import Image

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Attachment, Conversation, Message, ScanState
from portal.documents.antivirus import EICAR
from portal.inbound.models import RawMessage
from portal.lib.confined import ChildFailed
from portal.mailboxes.models import MailboxKind
from portal.outbound.models import Delivery, DraftFile
from portal.web.content.links import Link, Use, sign
from tenants.context import inside
from tests.browsing import Browser
from tests.documents.files import pdf
from tests.inbound.letters import LEA, letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, only_file, page

CONTENT, GARES = "contenu.soleil.localhost", "contenu.gare.localhost"


class ContentTestCase(InboxTestCase):
    """`self.outside` has no session and asks the content host."""

    def setUp(self) -> None:
        super().setUp()
        self.outside = Browser(CONTENT)

    def with_file(self, name: str, content: bytes, kind: str = "application/pdf", **said: Any) -> Attachment:
        return only_file(self.received(files={name: (kind, content)}, **said))

    def link(self, use: Use, pk: Any, *, page: int = 0, person: Any = None) -> str:
        holder = person or self.karim
        return sign(Link(use, pk, holder.pk, page), now=timezone.now())

    def assert_absent(self, path: str, browser: Browser | None = None) -> None:
        response = (browser or self.outside).get(path)
        self.assertEqual((response.status_code, response.content.decode()), (404, "Introuvable."), path)


class Pages(ContentTestCase):
    def test_a_page_is_a_picture_that_we_drew(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(2))

        response = self.outside.get(self.link(Use.PAGE, file.pk, page=1))

        self.assertEqual(response.headers["Content-Type"], "image/jpeg")
        self.assertEqual(Image.open(io.BytesIO(response.content)).format, "JPEG")

    def test_a_page_the_document_does_not_have_is_absent(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(2))

        self.assert_absent(self.link(Use.PAGE, file.pk, page=2))

    def test_a_document_that_cannot_be_drawn_is_tried_once(self) -> None:
        file = self.with_file("ordonnance.pdf", b"%PDF-1.7\nnothing of a document")

        with patch("portal.web.content.pages.rendering.call", side_effect=ChildFailed("cpu")) as child:
            for _ in range(3):
                self.assert_absent(self.link(Use.PAGE, file.pk))

        self.assertEqual(child.call_count, 1)

    def test_looking_is_in_the_journal_once_for_all_pages(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(2))

        for number in (0, 1, 0):
            self.outside.get(self.link(Use.PAGE, file.pk, page=number))
        self.outside.get(self.link(Use.PAGE, file.pk, person=self.claire))

        entries = Entry.objects.filter(event=Event.ATTACHMENT_OPEN, object_id=file.pk)
        self.assertEqual([entry.actor for entry in entries.order_by("n")], [self.karim.pk, self.claire.pk])

    def test_nothing_served_runs_fetches_or_is_kept(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(1))

        for use in (Use.PAGE, Use.FILE):
            headers = self.outside.get(self.link(use, file.pk)).headers
            policy = headers["Content-Security-Policy"]
            self.assertTrue(policy.startswith("sandbox; default-src 'none';"), policy)
            self.assertIn("frame-ancestors http://soleil.localhost", policy)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-site")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertNotIn("Set-Cookie", headers)
            self.assertNotIn("X-Frame-Options", headers)


class Links(ContentTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.with_file("ordonnance.pdf", pdf(1))
        self.good = self.link(Use.PAGE, self.file.pk)

    def test_a_link_may_be_used_again_for_some_minutes(self) -> None:
        for _ in range(2):
            self.assertEqual(self.outside.get(self.good).status_code, 200)

    def test_a_link_holds_no_name_and_no_number_of_anybody(self) -> None:
        for word in ("ordonnance", LEA[:15], "durand"):
            self.assertNotIn(word, self.good.lower())

    def test_a_link_is_dead_after_five_minutes(self) -> None:
        with patch(
            "portal.web.content.views.timezone.now", return_value=timezone.now() + timedelta(minutes=5)
        ):
            self.assert_absent(self.good)

    def test_a_link_that_was_changed_is_none(self) -> None:
        token = self.good.rpartition("/")[2]
        other = "b" if token[10] != "b" else "c"
        for changed in (token[:10] + other + token[11:], token[:-1], "x", token.replace(":", ""), "%00", "é"):
            self.assert_absent(f"/page/{changed}")

    def test_a_link_for_looking_is_none_for_keeping(self) -> None:
        token = self.good.rpartition("/")[2]
        for path in ("piece", "original", "illisible"):
            self.assert_absent(f"/{path}/{token}")

    def test_a_link_of_one_pharmacy_is_none_at_another(self) -> None:
        self.assert_absent(self.good, Browser(GARES))
        with inside(self.gare):
            hugos = sign(Link(Use.PAGE, self.file.pk, self.nadia.pk), now=timezone.now())
        self.assert_absent(hugos, Browser(GARES))

    def test_a_link_is_for_one_file(self) -> None:
        other = self.with_file("autre.pdf", pdf(1), subject="Autre")
        path = self.link(Use.PAGE, other.pk)

        Attachment.objects.filter(pk=other.pk).delete()

        self.assert_absent(path)

    def test_a_link_dies_with_the_account_of_its_holder(self) -> None:
        self.karim.active = False
        self.karim.save(update_fields=["active"])

        self.assert_absent(self.good)

    def test_a_link_opens_no_mailbox_of_somebody_else(self) -> None:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        file = only_file(self.received(box=own, files={"a.pdf": ("application/pdf", pdf(1))}))

        self.assertEqual(self.outside.get(self.link(Use.PAGE, file.pk, person=self.claire)).status_code, 200)
        self.assert_absent(self.link(Use.PAGE, file.pk, person=self.nadia))

    def test_links_are_not_served_by_the_teams_host(self) -> None:
        self.assertEqual(Browser("soleil.localhost").get(self.good).status_code, 404)
        for path in ("/", "/equipe/", "/equipe/a-traiter/"):
            self.assert_absent(path)

    def test_there_is_nothing_but_get(self) -> None:
        for method in ("post", "put", "delete", "patch"):
            response = getattr(Browser(CONTENT, enforce_csrf_checks=True), method)(self.good)
            self.assertEqual(response.status_code, 405, method)


class Keeping(ContentTestCase):
    def test_a_file_is_kept_under_its_name_whatever_the_letters(self) -> None:
        file = self.with_file("Ordonnance été “Léa”.pdf", pdf(1))

        response = self.outside.get(self.link(Use.FILE, file.pk))

        self.assertEqual(response.content, pdf(1))
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        said = response.headers["Content-Disposition"]
        self.assertTrue(
            said.startswith("attachment; filename=\"Ordonnance ete _Lea_.pdf\"; filename*=UTF-8''"), said
        )
        self.assertEqual(Entry.objects.filter(event=Event.ATTACHMENT_DOWNLOAD).get().actor, self.karim.pk)

    def test_a_name_that_lies_ends_as_its_content_does(self) -> None:
        file = self.with_file("photo.jpg", pdf(1), "image/jpeg")

        said = self.outside.get(self.link(Use.FILE, file.pk)).headers["Content-Disposition"]

        self.assertIn('filename="photo.jpg.pdf"', said)

    def test_pages_for_a_browser_are_only_bytes_here(self) -> None:
        for name, kind, content in (
            ("page.html", "text/html", b"<html><script>alert(1)</script></html>"),
            ("dessin.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("notes.txt", "text/plain", b"<!doctype html><script>alert(1)</script>"),
        ):
            file = self.with_file(name, content, kind, subject=name)
            response = self.outside.get(self.link(Use.FILE, file.pk))
            self.assertEqual(response.headers["Content-Type"], "application/octet-stream", name)
            self.assertTrue(response.headers["Content-Disposition"].startswith("attachment;"))

    def test_the_page_of_the_team_leads_to_a_link_made_now(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(1))

        response = self.as_karim.get(page("attachment_file", file.pk))

        target = urlsplit(response.headers["Location"])
        self.assertEqual(target.netloc, CONTENT)
        self.assertEqual(self.outside.get(target.path).content, pdf(1))

    def test_what_was_not_examined_stays_shut(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(1))
        for state in (ScanState.PENDING, ScanState.INFECTED, ScanState.UNSCANNED):
            Attachment.objects.filter(pk=file.pk).update(scan=state)
            for use in (Use.PAGE, Use.FILE):
                self.assert_absent(self.link(use, file.pk))

    @override_settings(ANTIVIRUS="off")
    def test_without_an_antivirus_by_choice_what_was_not_examined_opens(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(1))
        self.assertEqual(file.scan, ScanState.UNSCANNED)

        self.assertEqual(self.outside.get(self.link(Use.FILE, file.pk)).status_code, 200)

    def test_bytes_that_are_not_those_examined_are_not_served(self) -> None:
        file = self.with_file("ordonnance.pdf", pdf(1))
        Attachment.objects.filter(pk=file.pk).update(digest="0" * 64)

        with self.assertLogs("portal.records.originals", "ERROR"):
            self.assert_absent(self.link(Use.FILE, file.pk))


class Originals(ContentTestCase):
    def test_a_pharmacist_keeps_a_message_as_it_came(self) -> None:
        mail = letter()
        self.receive(mail)
        message = Message.objects.get()
        claire = self.browser(self.claire)

        response = claire.get(page("raw_message", message.pk))
        served = self.outside.get(urlsplit(response.headers["Location"]).path)

        self.assertEqual(served.content, mail)
        self.assertEqual(served.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(Entry.objects.get(event=Event.MESSAGE_ORIGINAL).object_id, message.pk)

    def test_others_are_offered_none_and_get_none(self) -> None:
        message = Message.objects.get(conversation=self.received())

        self.assertEqual(self.as_karim.get(page("raw_message", message.pk)).status_code, 404)
        self.assert_absent(self.link(Use.ORIGINAL, message.pk))
        self.assertNotContains(
            self.as_karim.get(page("conversation", message.conversation_id)), "Original (.eml)"
        )

    def test_a_message_with_a_virus_in_it_is_not_given_away_whole(self) -> None:
        self.received(files={"facture.txt": ("text/plain", EICAR)})

        self.assert_absent(self.link(Use.ORIGINAL, Message.objects.get().pk, person=self.claire))

    def test_what_could_not_be_read_is_kept_after_it_was_examined(self) -> None:
        self.receive(b"\x00\x01\x02 rien de lisible", b"\x00\x01 " + EICAR)
        clean, infected = RawMessage.objects.order_by("stored_at")

        served = self.outside.get(self.link(Use.UNREAD, clean.pk, person=self.claire))

        self.assertEqual(served.content, b"\x00\x01\x02 rien de lisible")
        self.assert_absent(self.link(Use.UNREAD, infected.pk, person=self.claire))
        self.assert_absent(self.link(Use.UNREAD, clean.pk))


class Sent(ContentTestCase):
    def test_a_file_that_was_sent_is_served_out_of_the_bytes_that_left(self) -> None:
        from portal.outbound.actions import queue
        from portal.outbound.drafts import save_draft, start_reply
        from portal.outbound.files import attach_file

        conversation = self.received()
        draft = start_reply(conversation, by=self.claire)
        attach_file(draft, by=self.claire, name="notice.pdf", content=pdf(2), declared_type="application/pdf")
        draft = save_draft(
            draft,
            by=self.claire,
            version=draft.version,
            recipients=draft.recipients,
            subject="Re",
            text="Ci-joint.",
        )
        queue(draft, by=self.claire, idempotency_key=draft.pk, version=conversation.version)
        DraftFile.objects.all().delete()

        file = only_file(Conversation.objects.get())

        self.assertEqual(self.outside.get(self.link(Use.FILE, file.pk)).content, pdf(2))
        whole = self.outside.get(self.link(Use.ORIGINAL, file.message_id, person=self.claire))
        self.assertEqual(whole.content, Delivery.objects.get().read_blob())
