"""Tests of a message shown as its sender laid it out: beside its text, in a frame of another host, when asked for."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from portal.conversations.models import Attachment, Message, ScanState
from portal.web.content.links import Link, Use, sign
from tests.browsing import Browser
from tests.documents.files import jpeg
from tests.inbound.letters import MARTIN, SOLEIL
from tests.web.inbox_case import InboxTestCase, page

CONTENT = "contenu.soleil.localhost"
TEXT = "Bonjour, le bilan de Mme Caron est joint."
LAID_OUT = f"<p>{TEXT}</p><img src='cid:logo@labo' alt='Logo'><img src='https://labo.example/t.gif'>"


def laid_out(html: str = LAID_OUT, *, text: str | None = TEXT, logo: bytes | None = None) -> bytes:
    """A doctor's mail with HTML, beside a text or alone, and the picture of his letter head."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Dr Martin <{MARTIN}>", SOLEIL, "Bilan"
    mail["Date"], mail["Message-ID"] = "Mon, 16 Nov 2026 09:12:00 +0100", "<bilan@medecin-test.mssante.fr>"
    if text is None:
        mail.set_content(html, subtype="html")
        body: Any = mail
    else:
        mail.set_content(text)
        mail.add_alternative(html, subtype="html")
        body = mail.get_payload(1)
    body.add_related(logo or jpeg(40, 20), "image", "jpeg", cid="<logo@labo>", filename="logo.jpg")
    return mail.as_bytes().replace(b"\n", b"\r\n")


class LaidOut(InboxTestCase):
    def message(self, *said: Any, **options: Any) -> Message:
        self.receive(laid_out(*said, **options))
        return Message.objects.latest("id")

    def served(self, message: Message) -> Any:
        """What the frame on Karim's page shows."""
        frame = self.as_karim.htmx("get", page("layout", message.pk)).content.decode()
        found = re.search(r'<iframe class="letter" src="http://([^/"]+)([^"]+)" sandbox="([^"]*)"', frame)
        assert found, frame
        self.assertEqual((found[1], found[3]), (CONTENT, "allow-popups allow-popups-to-escape-sandbox"))
        return Browser(CONTENT).get(found[2])

    def test_the_text_is_read_first_and_the_layout_asked_for(self) -> None:
        message = self.message()

        html = self.as_karim.get(page("conversation", message.conversation_id)).content.decode()

        self.assertRegex(html, rf'(?s)<div class="msg-text">{TEXT}</div>.*<details class="layout" hx-get')
        self.assertNotIn("<iframe", html)
        self.assertNotIn("labo.example", html)

    def test_a_message_of_text_alone_offers_none_and_has_none(self) -> None:
        message = Message.objects.get(conversation=self.received())

        self.assertNotContains(
            self.as_karim.get(page("conversation", message.conversation_id)), "mise en page"
        )
        self.assertContains(self.served(message), "Lisez son texte.")

    def test_without_scripts_it_has_a_page_of_its_own(self) -> None:
        message = self.message()

        self.assertContains(self.as_karim.get(page("layout", message.pk)), '<iframe class="letter"')

    def test_what_says_something_else_than_the_text_is_shown_beside_it(self) -> None:
        message = self.message(
            "<p>Arrêtez la fluindione dès ce soir, INR à 4,8.</p>", text="Message en HTML."
        )

        html = self.as_karim.get(page("conversation", message.conversation_id)).content.decode()

        self.assertIn("lisez les deux", html)
        self.assertIn('<details class="layout beside" open hx-get', html)

    def test_the_frame_holds_the_letter_its_own_picture_and_nothing_of_elsewhere(self) -> None:
        response = self.served(self.message())

        html = response.content.decode()
        self.assertIn(f"<p>{TEXT}</p>", html)
        self.assertIn('<img src="data:image/jpeg;base64,', html)
        self.assertIn("Une image n’est pas affichée", html)
        self.assertNotIn("labo.example", html)

    def test_the_frame_may_run_and_fetch_nothing(self) -> None:
        headers = self.served(self.message()).headers

        policy = headers["Content-Security-Policy"]
        said = dict(each.strip().partition(" ")[::2] for each in policy.split(";"))
        self.assertEqual(said["sandbox"], "allow-popups allow-popups-to-escape-sandbox")
        self.assertEqual(
            (said["default-src"], said["img-src"], said["form-action"]), ("'none'", "data:", "'none'")
        )
        self.assertEqual((said["base-uri"], said["frame-ancestors"]), ("'none'", "http://soleil.localhost"))
        self.assertNotIn("script", policy)
        self.assertEqual((headers["Referrer-Policy"], headers["Cache-Control"]), ("no-referrer", "no-store"))
        self.assertNotIn("Set-Cookie", headers)

    def test_a_picture_that_the_antivirus_holds_is_not_shown(self) -> None:
        message = self.message()
        Attachment.objects.filter(message=message).update(scan=ScanState.INFECTED)

        self.assertNotContains(self.served(message), "data:image")

    def test_what_is_too_much_is_read_as_text(self) -> None:
        message = self.message("<p>Bonjour</p>" * 40_000, text=None)

        self.assertContains(self.served(message), "trop longue pour être affichée")

    def test_attachment_url_that_works_without_its_signature_or_for_another_pharmacy(self) -> None:
        message = self.message()
        good = sign(Link(Use.LAYOUT, message.pk, self.karim.pk), now=timezone.now())
        file = Attachment.objects.get(message=message)
        other = sign(Link(Use.PAGE, file.pk, self.karim.pk), now=timezone.now())
        token = good.rpartition("/")[2]

        self.assertEqual(Browser(CONTENT).get(good).status_code, 200)
        for host, path in (
            (CONTENT, f"/mise-en-page/{message.pk}"),
            (CONTENT, good[:-3]),
            (CONTENT, f"/mise-en-page/{other.rpartition('/')[2]}"),
            *((CONTENT, f"/{use}/{token}") for use in ("page", "piece", "original", "illisible", "soumis")),
            ("contenu.gare.localhost", good),
            ("soleil.localhost", good),
        ):
            self.assertEqual(Browser(host).get(path).status_code, 404, (host, path))
        self.assertEqual(self.hugo().get(page("layout", message.pk)).status_code, 404)
        later = timezone.now() + timedelta(minutes=5)
        with patch("portal.web.content.views.timezone.now", return_value=later):
            self.assertEqual(Browser(CONTENT).get(good).status_code, 404)
        self.karim.active = False
        self.karim.save(update_fields=["active"])
        self.assertEqual(Browser(CONTENT).get(good).status_code, 404)

    def test_the_teams_page_frames_its_content_host_alone(self) -> None:
        message = self.message()

        policy = self.as_karim.get(page("layout", message.pk)).headers["Content-Security-Policy"]

        self.assertIn(f"frame-src http://{CONTENT}", policy)
