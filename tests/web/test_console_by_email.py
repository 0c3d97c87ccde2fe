"""The links of the console leave by e-mail too, where an address is known and a sender configured."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from portal.audit.models import Entry
from portal.notices.models import Notice, NoticeKind
from portal.team.models import User
from tests.web.console_case import ConsoleTestCase, console

LEA = {"display_name": "Léa Fontaine", "sign_in_name": "lea", "role": "etudiant", "email": "lea@exemple.fr"}
SENDER = {"NOTICE_SMTP_HOST": "localhost", "NOTICE_FROM": "Officinal <rien@officinal.example>"}


@override_settings(**SENDER)
class LinksByEmail(ConsoleTestCase):
    def test_an_invitation_leaves_by_e_mail_and_is_shown_all_the_same(self) -> None:
        page = self.post(console("invite"), LEA, follow=True)

        notice = Notice.objects.get()
        lea = User.objects.get(sign_in_name="lea")
        self.assertEqual(
            (notice.kind, notice.address, notice.about), ("invitation", "lea@exemple.fr", lea.pk)
        )
        self.assertContains(page, notice.link)
        self.assertContains(page, "Il part aussi par e-mail à <b>lea@exemple.fr</b>")
        self.assertContains(self.as_nadia.get(console("person", lea.pk)), "en cours d’envoi")

    def test_without_an_address_nothing_leaves(self) -> None:
        page = self.post(console("invite"), LEA | {"email": ""}, follow=True)

        self.assertNotContains(page, "Il part aussi")
        self.assertFalse(Notice.objects.exists())

    def test_without_a_sender_the_page_says_so_and_keeps_the_address(self) -> None:
        with override_settings(NOTICE_SMTP_HOST=""):
            self.post(console("invite"))  # both factors are fresh from here on
            self.assertContains(self.as_nadia.get(console("invite")), "n’est pas configuré")
            page = self.post(console("invite"), LEA, follow=True)

        self.assertNotContains(page, "Il part aussi")
        self.assertFalse(Notice.objects.exists())
        self.assertEqual(User.objects.get(sign_in_name="lea").email, "lea@exemple.fr")

    def test_a_new_access_leaves_by_e_mail_unless_one_would_rather_not(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(email="karim@exemple.fr")
        for ticked, kinds in (({}, []), ({"by_email": "1"}, [NoticeKind.NEW_ACCESS])):
            with self.subTest(ticked):
                self.post(console("access", self.karim.pk), ticked)
                self.assertEqual(list(Notice.objects.values_list("kind", flat=True)), kinds)


class Addresses(ConsoleTestCase):
    def save(self, to: str, who: User | None = None) -> Any:
        return self.post(console("email", (who or self.karim).pk), {"email": to}, follow=True)

    def test_an_address_is_kept_and_the_journal_does_not_hold_it(self) -> None:
        self.assertContains(self.save("karim@exemple.fr"), "<dd>karim@exemple.fr</dd>")

        entry = Entry.objects.latest("n")
        self.assertEqual(
            (entry.event, entry.object_id, entry.detail), ("team:email", self.karim.pk, "given=1")
        )

    def test_it_is_taken_away_again(self) -> None:
        self.save("karim@exemple.fr")
        self.assertContains(self.save(""), "<dt>Adresse e-mail</dt><dd>aucune</dd>")

    def test_nadia_gives_her_own(self) -> None:
        self.assertContains(self.save("nadia@exemple.fr", self.nadia), "<dd>nadia@exemple.fr</dd>")

    def test_what_is_no_address_is_said_beside_the_field(self) -> None:
        for typed in ("karim", "karim@", "karim@exemple.fr, nadia@exemple.fr", "léa@exemple.fr"):
            with self.subTest(typed):
                page = self.save(typed)
                self.assertContains(page, "n’est pas complète", status_code=422)
                self.assertContains(page, f'value="{typed}"', status_code=422)
        self.assertFalse(User.objects.exclude(email="").exists())
