"""How people choose to be told, and what the responsible person sees of who was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from portal.notices.models import Ladder, Notice, NoticeKind, NoticeState, Rung, Way
from portal.notices.reach import reach_of
from portal.team.absences import announce
from tests.web.console_case import ConsoleTestCase, console
from tests.web.inbox_case import InboxTestCase, page

EMAIL = {"NOTICE_SMTP_HOST": "localhost", "NOTICE_FROM": "Officinal <rien@officinal.example>"}
SMS = {"SMS_URL": "https://localhost:9/"}


@override_settings(**EMAIL, **SMS)
class MyAlerts(InboxTestCase):
    def save(self, **typed: str) -> Any:
        return self.as_karim.post(page("my_alerts"), typed, follow=True)

    def test_karim_chooses_a_text_message_and_tries_it(self) -> None:
        self.assertContains(self.as_karim.get(page("my_access")), page("my_alerts"))
        self.assertNotContains(self.as_karim.get(page("my_alerts")), "Essayer")
        seen = self.save(by_sms="1", mobile="06 12 34 56 78")

        reach = reach_of(self.karim)
        self.assertEqual((reach.mobile, reach.by_sms, reach.by_email), ("+33612345678", True, False))
        self.assertContains(seen, "Aucun essai encore")
        self.assertContains(seen, 'value="06 12 34 56 78"')
        seen = self.as_karim.post(page("my_alerts_trial", "sms"), follow=True)
        self.assertContains(seen, "L’essai part")
        self.assertContains(seen, "en cours d’envoi")
        Notice.objects.update(state=NoticeState.FAILED, last_code="rejected", done_at=timezone.now())
        self.assertContains(self.as_karim.get(page("my_alerts")), "refusé : vérifiez")

    def test_what_cannot_be_told_is_said_beside_its_field(self) -> None:
        for typed, said in (
            ({"by_email": "1", "email": "karim"}, "n’est pas complète"),
            ({"by_email": "1"}, "Écrivez l’adresse"),
            ({"by_sms": "1", "mobile": "03 86 00 00 01"}, "pas celui d’un portable"),
            ({"by_sms": "1"}, "Écrivez le numéro"),
        ):
            with self.subTest(typed):
                self.assertContains(self.save(**typed), said, status_code=422)
        self.assertIsNone(reach_of(self.karim).mobile)

    def test_a_trial_needs_a_way_that_she_chose_and_there_are_five_an_hour(self) -> None:
        self.assertEqual(self.as_karim.post(page("my_alerts_trial", "sms")).status_code, 404)
        self.assertEqual(self.as_karim.post(page("my_alerts_trial", "pigeon")).status_code, 404)
        self.save(by_email="1", email="karim@exemple.fr")
        for _ in range(4):
            self.as_karim.post(page("my_alerts_trial", "email"))

        seen = self.as_karim.post(page("my_alerts_trial", "email"), follow=True)
        self.assertContains(seen, "Cinq essais par heure")
        self.assertEqual(Notice.objects.filter(kind=NoticeKind.TRIAL).count(), 4)

    def test_without_a_provider_text_messages_are_not_offered_and_the_page_says_so(self) -> None:
        with override_settings(SMS_URL=""):
            seen = self.as_karim.get(page("my_alerts"))
        self.assertContains(seen, "Les SMS ne sont pas proposés")
        self.assertNotContains(seen, 'name="mobile"')


@override_settings(**EMAIL, **SMS)
class ConsoleAlerts(ConsoleTestCase):
    def test_nadia_chooses_how_long_and_who_stands_in(self) -> None:
        self.assertContains(self.as_nadia.get(console("alerts")), "Horaires")
        seen = self.as_nadia.post(
            console("alerts"), {"minutes": "30", "deputy": str(self.claire.pk)}, follow=True
        )

        self.assertContains(seen, "Le réglage des alertes est enregistré")
        rule = Ladder.objects.get()
        self.assertEqual((rule.minutes, rule.deputy), (30, self.claire))
        for wrong in ({"minutes": "7"}, {"minutes": "20", "deputy": str(self.nadia.pk)}):
            self.assertEqual(self.as_nadia.post(console("alerts"), wrong).status_code, 422)
        seen = self.as_nadia.post(console("alerts"), {"minutes": "0"}, follow=True)
        self.assertContains(seen, "Les alertes sont arrêtées")

    def test_she_sees_who_would_be_told_now_and_who_was(self) -> None:
        seen = self.as_nadia.get(console("alerts"))
        self.assertContains(seen, "vous seriez prévenu sans attendre")
        self.assertContains(seen, "Nadia Benali (aucun moyen connu)")
        reach = reach_of(self.karim)
        reach.email, reach.by_email = "karim@exemple.fr", True
        reach.save()
        now = timezone.now()
        for state, code in ((NoticeState.SENT, ""), (NoticeState.FAILED, "timeout")):
            Notice.objects.create(
                kind=NoticeKind.UNOPENED,
                state=state,
                way=Way.EMAIL,
                about=self.karim.pk,
                n=2,
                rung=Rung.DUTY,
                due_at=now,
                created_at=now,
                done_at=now,
                last_code=code,
            )

        seen = self.as_nadia.get(console("alerts"))
        self.assertContains(seen, "Karim Belkacem (e-mail)")
        self.assertContains(seen, "Karim Belkacem, en service, par e-mail", count=2)
        self.assertContains(seen, "n’a pas répondu à temps")
        self.assertNotContains(seen, "karim@exemple.fr")
        announce(self.karim, begins=now, ends=now + timedelta(days=1), by=self.nadia, now=now)
        self.assertNotContains(self.as_nadia.get(console("alerts")), "Karim Belkacem (e-mail)")

    def test_with_no_way_at_all_the_page_says_that_nothing_can_leave(self) -> None:
        with override_settings(NOTICE_SMTP_HOST="", SMS_URL=""):
            self.assertContains(self.as_nadia.get(console("alerts")), "Rien ne peut partir")
