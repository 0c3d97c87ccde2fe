"""The team answers a request of the form: the words appear on its tracking page, and no mail leaves."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.test import override_settings

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Conversation, Message, MessageKind
from portal.intake import due
from portal.intake.actions import cancel
from portal.intake.due import run_due
from portal.intake.models import Request
from portal.lib.confined import close_all
from portal.mailboxes.actions import database_now
from portal.mailboxes.models import Mailbox, MailboxState
from portal.notices.models import Notice, NoticeKind
from portal.outbound.deliver import deliver_due
from portal.outbound.models import Delivery, DeliveryState
from portal.prescriptions.actions import act_on
from portal.prescriptions.models import Act, Prescription
from tenants.connections import OWNER
from tenants.models import Wakeup
from tests.base import CommittingPharmacyTestCase
from tests.browsing import Browser, signed_in
from tests.documents import files
from tests.intake.stage import open_the_form, send
from tests.web.inbox_case import fields_of, page

TRACK, RECEIVED = "/ordonnance/suivi/", "/ordonnance/recue/"


def tearDownModule() -> None:
    close_all()


class FormCase(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        open_the_form(self.nadia)
        self.request = send(files.jpeg(), files.pdf(pages=2), email="camille@exemple.fr")
        Request.objects.update(page="https://soleil.localhost/ordonnance/suivi/")
        self.conversation = Conversation.objects.get()
        self.as_claire = signed_in(self.claire, self.soleil)
        self.patient = Browser()
        data = {"reference": self.request.reference or "", "birth_date": "14/03/1962"}
        self.patient.post(TRACK, data)

    def opened(self) -> Any:
        return self.as_claire.get(page("conversation", self.conversation.pk))

    def reply(self, text: str, **more: Any) -> Any:
        fields = fields_of(self.opened())
        return self.as_claire.post(
            page("reply", self.conversation.pk), {**fields, "body": text, **more}, follow=True
        )

    def undo_time_passes(self) -> None:
        """Eight seconds later."""
        Delivery.objects.update(next_at=F("next_at") - timedelta(seconds=9))
        deliver_due()


class FromTheForm(FormCase):
    def test_the_team_sees_who_it_says_it_is_and_the_pages_as_pictures(self) -> None:
        self.assertContains(self.as_claire.get("/equipe/a-traiter/"), "Camille MOREAU")

        opened = self.opened()

        for words in (
            "Identité déclarée",
            "14/03/1962",
            "06 12 34 56 78",
            "Sans lactose",
            "page de suivi",
            "Page 1",
        ):
            self.assertContains(opened, words)
        self.assertNotContains(opened, "Copier l’INS")
        self.assertNotContains(opened, "INS&nbsp;")
        self.assertNotContains(opened, "Original (.eml)")
        self.assertNotContains(opened, "Joindre")
        pictures = re.findall(
            r'src="http://contenu\.soleil\.localhost(/page/[^"]+)"', opened.content.decode()
        )
        self.assertTrue(pictures)
        picture = Browser("contenu.soleil.localhost").get(pictures[0])
        self.assertEqual((picture.status_code, picture["Content-Type"]), (200, "image/jpeg"))

    def test_the_answer_appears_on_the_page_once_it_can_be_taken_back_no_more(self) -> None:
        answer = self.reply("Bonjour, ce sera prêt à 17 h.")
        self.assertContains(answer, "Camille MOREAU")
        self.assertNotContains(self.patient.get(TRACK), "17 h")

        deliver_due()
        self.assertNotContains(self.patient.get(TRACK), "17 h")

        self.undo_time_passes()
        self.assertContains(self.patient.get(TRACK), "Bonjour, ce sera prêt à 17 h.")
        self.assertContains(self.opened(), "Visible sur la page de suivi")
        self.assertNotContains(self.patient.get(TRACK), "Claire")

    def test_taken_back_in_time_the_patient_never_sees_it(self) -> None:
        self.reply("Mauvais dossier.")
        delivery = Delivery.objects.get()
        self.as_claire.post(page("undo", delivery.pk))
        self.undo_time_passes()
        self.assertNotContains(self.patient.get(TRACK), "Mauvais dossier")
        self.assertContains(self.opened(), "Mauvais dossier.")  # in the composer again

    def test_no_operator_is_needed(self) -> None:
        Mailbox.objects.update(state=MailboxState.PAUSED)
        self.reply("Bonjour.")
        self.undo_time_passes()
        self.assertEqual(Delivery.objects.get().state, DeliveryState.SENT)
        self.assertIsNone(Mailbox.objects.get().last_sent_at)

    def test_a_file_is_refused_for_the_page_shows_none(self) -> None:
        fields = fields_of(self.opened())
        file = SimpleUploadedFile("notice.pdf", files.pdf())
        answer = self.as_claire.post(
            page("reply", self.conversation.pk), {**fields, "body": "Voici.", "files": [file]}
        )
        self.assertContains(answer, "ne montre pas de fichier", status_code=422)
        self.assertFalse(Delivery.objects.exists())

    def test_a_call_is_kept_with_who_made_it(self) -> None:
        self.as_claire.post(page("called", self.conversation.pk))
        self.assertContains(self.opened(), "Claire a appelé le patient")
        self.assertEqual(Entry.objects.get(event=Event.REQUEST_CALL).actor, self.claire.pk)
        self.assertEqual(Message.objects.filter(kind=MessageKind.EVENT).count(), 1)

    def test_hugo_at_gare_gets_nowhere(self) -> None:
        gare = Browser("gare.localhost")
        gare.cookies = self.as_claire.cookies
        self.assertEqual(gare.get(page("conversation", self.conversation.pk)).status_code, 302)

    def test_a_cancelled_request_is_seen_at_once(self) -> None:
        cancel(self.request.pk, now=self.request.submitted_at or self.conversation.created_at)
        self.assertContains(self.opened(), "Le patient a annulé sa demande")

    def test_an_exchange_by_the_form_is_not_closed_with_the_patient(self) -> None:
        self.assertNotContains(self.opened(), "Clore l’échange")
        self.assertEqual(self.as_claire.get(page("close_exchange", self.conversation.pk)).status_code, 404)


@override_settings(NOTICE_SMTP_HOST="127.0.0.1", NOTICE_FROM="ne-pas-repondre@officinal.example")
class BeingTold(FormCase):
    def told(self) -> list[str]:
        run_due()
        return list(Notice.objects.order_by("created_at").values_list("kind", flat=True))

    def all_ready(self) -> None:
        for prescription in Prescription.objects.all():
            for act, by in (
                (Act.START, self.karim),
                (Act.PREPARED, self.karim),
                (Act.CONTROL, self.claire),
                (Act.READY, self.karim),
            ):
                prescription.refresh_from_db()
                act_on(prescription, act, by=by, version=prescription.version)
        self.no_wakeup()

    def no_wakeup(self) -> None:
        Wakeup.objects.using(OWNER).filter(what="intake").delete()

    def woken_at_once(self) -> bool:
        return Wakeup.objects.using(OWNER).filter(what="intake", due_at__lte=database_now()).exists()

    def test_the_patient_is_told_once_of_an_answer_that_can_be_read(self) -> None:
        self.reply("Bonjour.")
        self.assertEqual(self.told(), [])
        self.undo_time_passes()
        self.assertEqual(self.told(), [NoticeKind.PATIENT_ANSWER])
        self.assertEqual(self.told(), [NoticeKind.PATIENT_ANSWER])
        notice = Notice.objects.get()
        self.assertEqual(notice.address, "camille@exemple.fr")
        self.assertEqual(notice.link, "https://soleil.localhost/ordonnance/suivi/")

        self.reply("Encore un mot.")
        self.undo_time_passes()
        self.assertEqual(self.told(), [NoticeKind.PATIENT_ANSWER] * 2)

    def test_the_patient_is_told_once_that_it_is_ready(self) -> None:
        for act, by in (
            (Act.START, self.karim),
            (Act.PREPARED, self.karim),
            (Act.CONTROL, self.claire),
            (Act.READY, self.karim),
        ):
            self.assertEqual(self.told(), [])
            prescription = Prescription.objects.get()
            act_on(prescription, act, by=by, version=prescription.version)
        self.assertEqual(self.told(), [NoticeKind.PATIENT_READY])
        self.assertEqual(self.told(), [NoticeKind.PATIENT_READY])

    def test_who_gave_no_address_is_told_nothing(self) -> None:
        Request.objects.update(has_email=False)
        self.reply("Bonjour.")
        self.undo_time_passes()
        self.assertEqual(self.told(), [])

    def test_an_answer_shown_while_others_are_told_is_told_at_once_after(self) -> None:
        self.reply("Bonjour.")
        Delivery.objects.update(next_at=F("next_at") - timedelta(seconds=9))

        def told_then_shown() -> None:
            tell_patients()
            deliver_due()
            self.no_wakeup()  # that of the delivery, which our own claim would swallow

        tell_patients = due.tell_patients
        with mock.patch.object(due, "tell_patients", told_then_shown):
            self.assertEqual(self.told(), [])
        self.assertTrue(self.woken_at_once())
        self.assertEqual(self.told(), [NoticeKind.PATIENT_ANSWER])

    def test_what_did_not_fit_into_one_round_is_told_in_the_next(self) -> None:
        send(email="lea@exemple.fr")
        Request.objects.update(page="https://soleil.localhost/ordonnance/suivi/")
        self.all_ready()
        with mock.patch.object(due, "AT_ONCE", 1):
            self.assertEqual(len(self.told()), 1)
            self.assertTrue(self.woken_at_once())
            self.no_wakeup()
            self.assertEqual(len(self.told()), 2)
        self.assertFalse(self.woken_at_once())

    def test_an_address_refused_for_good_is_not_tried_again_and_wakes_nobody(self) -> None:
        send(email="léa@exemple.fr")
        self.all_ready()
        Request.objects.exclude(pk=self.request.pk).update(page=self.request.page)
        self.no_wakeup()
        self.assertEqual(self.told(), [NoticeKind.PATIENT_READY])
        self.assertFalse(self.woken_at_once())

    def test_what_nobody_could_be_told_waits_for_a_sender_without_turning_round(self) -> None:
        self.all_ready()
        with override_settings(NOTICE_SMTP_HOST=""):
            self.assertEqual(self.told(), [])
            self.assertFalse(self.woken_at_once())
        self.assertEqual(self.told(), [NoticeKind.PATIENT_READY])

    def test_nobody_is_led_to_a_page_that_can_be_followed_no_more(self) -> None:
        self.all_ready()
        Request.objects.update(expires_at=database_now() - timedelta(days=1))
        self.assertEqual(self.told(), [])

    def test_the_receipt_promises_an_email_only_where_there_is_a_sender(self) -> None:
        promise = "Nous vous écrirons un e-mail"
        self.assertContains(self.patient.get(RECEIVED), promise)
        self.assertContains(self.opened(), "un e-mail sans contenu l’en prévient")
        with override_settings(NOTICE_SMTP_HOST=""):
            self.assertNotContains(self.patient.get(RECEIVED), promise)
            self.assertNotContains(self.opened(), "un e-mail sans contenu")
            self.assertNotContains(self.opened(), "pas donné d’e-mail")
