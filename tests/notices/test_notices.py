"""Somebody is told that there is something, and nothing of what it is."""

from __future__ import annotations

import inspect
from datetime import timedelta
from uuid import UUID, uuid4

from celery import current_app
from django.conf import settings
from django.test import SimpleTestCase, override_settings

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.notices import deliver
from portal.notices.actions import BadAddress, NotOurLink, can_tell, tell
from portal.notices.deliver import notify_due
from portal.notices.models import ALERTS, Notice, NoticeKind, NoticeState
from portal.notices.tasks import notify
from portal.notices.words import LINKED, words_of
from portal.records.night import spend_night
from tenants.celery import HEADER
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.journeys.canaries import found_in
from tests.notices.stage import NoticesTestCase, sender

SOMEBODY = "nadia.benali@exemple.fr"
LINK = "https://soleil.localhost/equipe/invitation/Xk2vJ0cQm1b7Hs9TqLw4Zr8N"


class Telling(NoticesTestCase):
    def invite(self, to: str = SOMEBODY, about: UUID | None = None) -> Notice:
        self.assertTrue(tell(to, NoticeKind.INVITATION, link=LINK, about=about or self.claire.pk))
        return Notice.objects.latest("created_at")

    def test_an_invitation_leaves_from_its_own_sender_over_verified_tls(self) -> None:
        self.invite()

        notify_due()

        (mail,) = self.arrived()
        self.assertEqual((mail["To"], mail["Auto-Submitted"]), (SOMEBODY, "auto-generated"))
        self.assertEqual(mail["From"], "Officinal <ne-pas-repondre@officinal.example>")
        self.assertIn(LINK, mail.get_content())
        self.assertIn("Pharmacie du Soleil", mail.get_content())

    def test_once_it_has_left_nothing_of_the_person_or_the_link_is_kept(self) -> None:
        notice = self.invite()
        sealed = notice.address, notice.link

        notify_due()

        notice = Notice.objects.get(pk=notice.pk)
        self.assertEqual(sealed, (SOMEBODY, LINK))
        self.assertEqual((notice.state, notice.address, notice.link), (NoticeState.SENT, None, None))
        entry = Entry.objects.get(event=Event.NOTICE_SENT)
        self.assertEqual(entry.detail, f"kind=invitation about={self.claire.pk}")

    def test_without_a_sender_nothing_is_kept_and_the_asker_is_told(self) -> None:
        for missing in ({"NOTICE_SMTP_HOST": ""}, {"NOTICE_FROM": ""}):
            with self.subTest(missing), override_settings(**missing):
                self.assertFalse(can_tell())
                self.assertFalse(tell(SOMEBODY, NoticeKind.LEAVING, about=self.claire.pk))
        self.assertFalse(Notice.objects.exists())

    def test_a_second_run_sends_nothing_again(self) -> None:
        self.invite()
        leave()

        for _ in range(2):
            notify.apply(headers={HEADER: str(self.soleil.pk)}, throw=True)

        self.assertEqual(len(self.arrived()), 1)

    def test_a_worker_that_dies_leaves_it_to_the_next_under_the_same_message_id(self) -> None:
        self.invite()
        claimed = deliver._claim()
        assert claimed is not None
        self.assertIsNone(deliver._attempt(claimed))  # it has left, and nobody wrote that down
        notify_due()
        self.assertEqual(len(self.arrived()), 1)

        self.wait(minutes=11)
        notify_due()

        first, second = self.arrived()
        self.assertEqual(first["Message-ID"], second["Message-ID"])

    def test_what_the_server_puts_off_leaves_later(self) -> None:
        notice = self.invite()
        self.operator.faults.greylist_notices = 1
        Wakeup.objects.using(OWNER).all().delete()  # the clock has claimed it
        with self.assertLogs("portal.notices.deliver", "WARNING") as logs:
            notify_due()
        self.assertEqual(found_in("\n".join(logs.output).encode(), [SOMEBODY, LINK]), [])
        notice = Notice.objects.get()
        self.assertEqual((notice.state, notice.last_code, self.arrived()), ("queued", "deferred", []))
        self.assertEqual(self.due_at(), notice.due_at)

        self.wait(minutes=2)
        notify_due()

        self.assertEqual(len(self.arrived()), 1)

    def test_an_address_that_does_not_exist_is_given_up_at_once(self) -> None:
        self.operator.faults.refuse_recipients = [SOMEBODY]
        self.addCleanup(self.operator.faults.refuse_recipients.clear)
        self.invite()
        self.invite("claire@exemple.fr")

        with self.assertLogs("portal.notices.deliver", "WARNING"):
            notify_due()

        self.assertEqual([mail["To"] for mail in self.arrived()], ["claire@exemple.fr"])
        self.assertEqual(
            set(Notice.objects.values_list("state", "last_code")), {("failed", "rejected"), ("sent", "")}
        )
        self.assertEqual(Entry.objects.filter(event=Event.NOTICE_FAILED).count(), 1)

    def test_a_certificate_that_this_machine_does_not_know_is_refused_and_tried_again_for_a_day(self) -> None:
        self.invite()
        with sender(self.operator, NOTICE_SMTP_CA=""):
            with self.assertLogs("portal.notices.deliver", "WARNING"):
                notify_due()
            self.assertEqual(Notice.objects.get().last_code, "tls-chain")
            self.wait(hours=25)
            with self.assertLogs("portal.notices.deliver", "WARNING"):
                notify_due()

        self.assertEqual(Notice.objects.get().state, NoticeState.FAILED)
        self.assertEqual(self.arrived(), [])

    def test_a_sender_that_makes_no_sense_loses_nothing(self) -> None:
        self.invite()
        for wrong in (
            {"NOTICE_FROM": "nobody"},
            {"NOTICE_SMTP_TLS": "clear"},
            {"NOTICE_SMTP_CA": "/nowhere"},
        ):
            with self.subTest(wrong), override_settings(**wrong), self.assertLogs("portal.notices.deliver"):
                notify_due()
            self.wait(hours=1)

        notify_due()

        self.assertEqual(len(self.arrived()), 1)

    def test_telling_asks_for_the_wake_up_that_names_this_task(self) -> None:
        notice = self.invite()

        self.assertEqual(self.due_at(), notice.due_at)
        self.assertEqual(current_app.tasks[settings.WAKEUPS["notify"]].name, notify.name)

    def test_a_forgotten_one_is_woken_at_night(self) -> None:
        notice = self.invite()
        Wakeup.objects.using(OWNER).all().delete()

        spend_night()

        self.assertEqual(self.due_at(), notice.due_at)

    def due_at(self) -> object:
        return Wakeup.objects.using(OWNER).get(pharmacy=self.soleil.pk, what="notify").due_at


class Content(NoticesTestCase):
    """Canaries: a patient's word has no way in."""

    def test_the_one_way_in_takes_no_words(self) -> None:
        parameters = inspect.signature(tell).parameters

        self.assertEqual(list(parameters), ["address", "kind", "link", "about"])

    def test_a_link_that_could_carry_a_word_is_refused(self) -> None:
        patient = "https://soleil.localhost/equipe/connexion"
        for kind, link in (
            (NoticeKind.PATIENT_ANSWER, ""),
            (NoticeKind.PATIENT_ANSWER, "Votre Doliprane est prêt"),
            (NoticeKind.PATIENT_ANSWER, "https://soleil.localhost/lea-durand/"),
            (NoticeKind.PATIENT_ANSWER, f"{patient}?nom=durand"),
            (NoticeKind.PATIENT_ANSWER, f"{patient}#durand"),
            (NoticeKind.PATIENT_ANSWER, f"{patient}?"),
            (NoticeKind.PATIENT_ANSWER, f"{patient}\nDoliprane"),
            (NoticeKind.PATIENT_ANSWER, "https://soleil.localhost/equipe/conne\txion"),
            (NoticeKind.PATIENT_ANSWER, "https://durand@soleil.localhost/equipe/connexion"),
            (NoticeKind.PATIENT_ANSWER, "javascript:alert(1)"),
            (NoticeKind.PATIENT_ANSWER, LINK),
            (NoticeKind.INVITATION, "https://soleil.localhost/equipe/invitation/durand/"),
            (NoticeKind.LEAVING, LINK),
        ):
            with self.subTest(kind=kind, link=link), self.assertRaises(NotOurLink):
                tell(SOMEBODY, kind, link=link, about=uuid4())
        self.assertFalse(Notice.objects.exists())

    def test_an_address_is_an_address_alone(self) -> None:
        for address in (
            "",
            "Léa",
            "a@b.fr\r\nSubject: Doliprane",
            "Durand <a@b.fr>",
            "a@b.fr, c@d.fr",
            "é@b.fr",
        ):
            with self.subTest(address), self.assertRaises(BadAddress):
                tell(address, NoticeKind.LEAVING, about=uuid4())

    def test_of_the_patient_and_the_team_no_word_is_in_a_notice(self) -> None:
        words = [
            "Claire",
            "Moulin",
            "Karim",
            "Durand",
            "ordonnance",
            "médicament",
            "traitement",
            "pharmacien",
        ]
        kinds = [kind for kind in NoticeKind if kind not in ALERTS]  # those leave while something waits
        for kind in kinds:
            link = LINK if kind in (NoticeKind.INVITATION, NoticeKind.NEW_ACCESS) else ""
            link = "https://soleil.localhost/equipe/connexion" if kind in LINKED and not link else link
            self.assertTrue(tell(SOMEBODY, kind, link=link, about=self.claire.pk))

        notify_due()

        self.assertEqual(len(self.arrived()), len(kinds))
        for mail in self.arrived():
            told = f"{mail} {mail['Subject']} {mail.get_content()}".lower()
            self.assertEqual([word for word in words if word.lower() in told], [], mail["Subject"])

    def test_of_another_pharmacy_nothing_is_sent_by_this_ones_worker(self) -> None:
        with inside(self.gare):
            tell(SOMEBODY, NoticeKind.LEAVING, about=uuid4())

        notify_due()

        self.assertEqual(self.arrived(), [])


class Words(SimpleTestCase):
    def test_every_kind_has_its_words_and_a_subject_that_says_nothing(self) -> None:
        for kind in NoticeKind:
            words = words_of(kind, link="L", pharmacy="Pharmacie du Soleil")
            with self.subTest(kind):
                self.assertNotIn("Soleil", words.subject)
                self.assertEqual("\nL\n" in words.text, kind in LINKED)
                self.assertNotRegex(words.text, "[ \u202f][:;!?]|'")

    def test_the_lease_is_longer_than_sending_may_take(self) -> None:
        self.assertGreater(deliver.LEASE, timedelta(minutes=5))
