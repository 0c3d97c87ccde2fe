"""The responsible person invites, moves and sees off her team; nobody else can."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import time_machine
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.models import Responsibility, Role, TotpDevice, User
from tests.browsing import Browser, code_at, phone_of, signed_in
from tests.cast import PASSWORD
from tests.web.console_case import ConsoleTestCase, console

PARIS = ZoneInfo("Europe/Paris")
LEA = {"display_name": "Léa Fontaine", "sign_in_name": "lea", "role": "etudiant", "last_day": ""}
NEW = "Trois-renards-bleus-7"


class TheTeam(ConsoleTestCase):
    def test_everybody_is_listed_with_role_phone_and_last_sign_in(self) -> None:
        page = self.as_nadia.get(console("team"))

        for words in ("Claire Moulin", "Pharmacien adjoint", "Karim Belkacem", "Responsable de la BAL"):
            self.assertContains(page, words)
        self.assertContains(page, "Pas de téléphone relié", 2)
        self.assertContains(page, "Jamais connecté", 3)

    def test_a_sign_in_shows(self) -> None:
        phone_of(self.karim)
        browser = Browser()
        browser.post("/equipe/connexion", {"name": "karim", "password": PASSWORD})
        device = TotpDevice.objects.get(user=self.karim)
        browser.post("/equipe/code", {"code": code_at(device)})

        self.assertContains(self.as_nadia.get(console("person", self.karim.pk)), "<dd>à\u00a0")

    def test_the_list_costs_the_same_for_five_more_people(self) -> None:
        self.as_nadia.get(console("team"))
        with self.assertNumQueries(6):  # session, person, team; how far it is
            self.as_nadia.get(console("team"))
        for number in range(5):
            User.objects.create(sign_in_name=f"p{number}", display_name="Une personne", role=Role.ETUDIANT)
        with self.assertNumQueries(6):
            self.as_nadia.get(console("team"))

    def test_the_console_is_in_the_menu_of_the_responsible_person_alone(self) -> None:
        self.assertContains(self.as_nadia.get("/equipe/a-traiter/"), console("team"))
        self.assertNotContains(signed_in(self.claire, self.soleil).get("/equipe/a-traiter/"), console("team"))

    def test_claire_and_karim_find_no_console(self) -> None:
        for person in (self.claire, self.karim):
            browser = signed_in(person, self.soleil)
            for path in (
                console("home"),
                console("team"),
                console("invite"),
                console("person", self.karim.pk),
            ):
                with self.subTest(f"{person} {path}"):
                    self.assertEqual(browser.get(path).status_code, 404)
            for name in ("role", "last_day", "deactivate", "access", "transfer"):
                self.assertEqual(browser.post(console(name, self.karim.pk)).status_code, 404)

    def test_hugo_finds_nobody_of_soleil(self) -> None:
        hugo = self.hugo()
        self.assertNotContains(hugo.get(console("team")), "Karim")
        known, unknown = (hugo.get(console("person", who)) for who in (self.karim.pk, uuid4()))
        self.assertEqual((known.status_code, known.content), (404, unknown.content))


class Invitations(ConsoleTestCase):
    def test_an_invitation_gives_a_link_and_its_square_that_work_once(self) -> None:
        page = self.post(console("invite"), LEA, follow=True)
        link = self.link_on(page)
        square = self.as_nadia.get(console("link_qr"))
        self.assertEqual(square["Content-Type"], "image/svg+xml")
        self.assertIn(b"<svg", square.content)

        form = {"name": "lea", "password": NEW, "again": NEW}
        self.assertEqual(Browser().post(link, form).status_code, 302)

        self.assertEqual(Browser().post(link, form).status_code, 404)
        self.assertEqual(self.as_nadia.get(console("link"))["Location"], console("team"))

    def test_the_link_is_shown_until_it_is_handed_over_and_to_its_maker_alone(self) -> None:
        self.post(console("invite"), LEA)
        self.assertContains(self.as_nadia.get(console("link")), "/equipe/invitation/")
        elsewhere = signed_in(self.nadia, self.soleil)
        self.assertEqual(elsewhere.get(console("link")).status_code, 302)

        self.as_nadia.post(console("link"))

        self.assertEqual(self.as_nadia.get(console("link"))["Location"], console("team"))
        self.assertEqual(self.as_nadia.get(console("link_qr")).status_code, 404)

    def test_the_link_is_not_stored_in_clear(self) -> None:
        link = self.link_on(self.post(console("invite"), LEA, follow=True))
        token = link.rpartition("/")[2]
        self.assertNotIn(token, str(self.as_nadia.session.items()))

    def test_what_is_to_be_changed_is_said_beside_the_field(self) -> None:
        for changes, words in (
            ({"sign_in_name": "karim"}, "déjà pris"),
            ({"sign_in_name": "léa !"}, "sans accent"),
            ({"last_day": "2020-01-01"}, "jour à venir"),
            ({"last_day": "demain"}, "Écrivez le jour"),
        ):
            with self.subTest(words):
                answer = self.post(console("invite"), LEA | changes)
                self.assertContains(answer, words, status_code=422)
                self.assertContains(answer, 'value="Léa Fontaine"', status_code=422)
        self.assertFalse(User.objects.filter(display_name="Léa Fontaine").exists())

    def test_it_is_in_the_journal_under_nadias_name(self) -> None:
        self.post(console("invite"), LEA)
        entry = Entry.objects.latest("n")
        self.assertEqual(
            (entry.event, entry.actor, entry.detail), ("team:invite", self.nadia.pk, "role=etudiant")
        )

    def link_on(self, page: Any) -> str:
        found = re.search(r'id="link">https?://[^/]+(/[^<]+)<', page.content.decode())
        assert found is not None
        return found[1]


class Changes(ConsoleTestCase):
    def test_another_role_holds_at_once(self) -> None:
        karim = signed_in(self.karim, self.soleil)
        self.post(console("role", self.karim.pk), {"role": "etudiant"})

        self.karim.refresh_from_db()
        self.assertEqual(self.karim.role, "etudiant")
        self.assertIn("connexion", karim.get("/equipe/")["Location"])

    def test_a_deactivated_account_is_out_and_stays_listed(self) -> None:
        karim = signed_in(self.karim, self.soleil)
        self.post(console("deactivate", self.karim.pk))

        self.assertIn("connexion", karim.get("/equipe/")["Location"])
        self.assertContains(self.as_nadia.get(console("team")), "Désactivé")
        self.assertEqual(self.post(console("role", self.karim.pk), {"role": "etudiant"}).status_code, 404)

    def test_a_lost_phone_is_mended_by_a_new_link(self) -> None:
        phone_of(self.karim)
        page = self.post(console("access", self.karim.pk), follow=True)

        self.assertContains(page, "Le lien de Karim Belkacem")
        self.assertFalse(TotpDevice.objects.filter(user=self.karim).exists())
        self.assertEqual(Entry.objects.latest("n").event, "team:reset-access")

    def test_the_responsibility_goes_to_another_pharmacist_and_the_console_with_it(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        self.assertContains(self.as_nadia.get(console("person", self.claire.pk)), "Transmettre")

        self.assertEqual(self.post(console("transfer", self.claire.pk))["Location"], "/equipe/")

        self.assertEqual(Responsibility.objects.get().user_id, self.claire.pk)
        self.assertEqual(self.as_nadia.get(console("team")).status_code, 404)
        self.assertEqual(claire.get(console("team")).status_code, 200)

    def test_the_responsibility_does_not_go_to_who_cannot_bear_it(self) -> None:
        signed_in(self.karim, self.soleil)
        User.objects.filter(pk=self.claire.pk).update(active_until=timezone.localdate() + timedelta(days=5))
        for person in (self.karim, self.claire):
            with self.subTest(person.display_name):
                self.assertNotContains(self.as_nadia.get(console("person", person.pk)), "Transmettre la")
                answer = self.post(console("transfer", person.pk))
                self.assertContains(answer, "pharmacien en service", status_code=422)
        self.assertEqual(Responsibility.objects.get().user_id, self.nadia.pk)

    def test_ones_own_account_is_not_changed_here(self) -> None:
        self.assertContains(self.as_nadia.get(console("person", self.nadia.pk)), "C’est votre compte")
        for name in ("role", "last_day", "deactivate", "access", "transfer"):
            with self.subTest(name):
                data = {"role": "adjoint", "last_day": ""}
                self.assertEqual(self.post(console(name, self.nadia.pk), data).status_code, 404)


class TheLastDay(ConsoleTestCase):
    """A remplaçant's access ends at midnight in Paris, whatever the server's clock says."""

    def setUp(self) -> None:
        super().setUp()
        today = timezone.localdate()
        self.last = today + timedelta(days=10)
        self.midnight = datetime(self.last.year, self.last.month, self.last.day, tzinfo=PARIS) + timedelta(
            days=1
        )
        self.post(console("last_day", self.karim.pk), {"last_day": self.last.isoformat()})

    def test_it_is_kept_and_in_the_journal(self) -> None:
        self.karim.refresh_from_db()
        self.assertEqual(self.karim.active_until, self.last)
        entry = Entry.objects.latest("n")
        self.assertEqual((entry.event, entry.detail), ("team:last-day", f"day={self.last:%Y%m%d}"))

    def test_sessions_end_at_midnight(self) -> None:
        with time_machine.travel(self.midnight - timedelta(minutes=2)):
            karim = signed_in(self.karim, self.soleil)
            self.assertEqual(karim.get("/equipe/a-traiter/").status_code, 200)
        with time_machine.travel(self.midnight + timedelta(seconds=1)):
            self.assertIn("connexion", karim.get("/equipe/a-traiter/")["Location"])

    def test_so_they_do_around_the_nights_when_the_clocks_change(self) -> None:
        for last in (date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 30), date(2027, 10, 31)):
            User.objects.filter(pk=self.karim.pk).update(active_until=last)
            midnight = datetime.combine(last + timedelta(days=1), time.min, tzinfo=PARIS)
            with self.subTest(last):
                with time_machine.travel(midnight - timedelta(minutes=2)):
                    karim = signed_in(self.karim, self.soleil)
                    self.assertEqual(karim.get("/equipe/a-traiter/").status_code, 200)
                with time_machine.travel(midnight + timedelta(seconds=1)):
                    self.assertIn("connexion", karim.get("/equipe/a-traiter/")["Location"])
                    name = {"name": "karim", "password": PASSWORD}
                    self.assertEqual(Browser().post("/equipe/connexion", name).status_code, 422)

    def test_signing_in_is_refused_from_midnight_on(self) -> None:
        name = {"name": "karim", "password": PASSWORD}
        for moment, status in ((-timedelta(minutes=1), 302), (timedelta(seconds=1), 422)):
            with self.subTest(moment), time_machine.travel(self.midnight + moment):
                self.assertEqual(Browser().post("/equipe/connexion", name).status_code, status)

    def test_the_person_and_the_console_are_warned_three_days_before(self) -> None:
        for days, warned in ((4, False), (3, True), (0, True)):
            with time_machine.travel(self.midnight - timedelta(days=days, hours=1)):
                inbox = signed_in(self.karim, self.soleil).get("/equipe/a-traiter/").content.decode()
                team = signed_in(self.nadia, self.soleil).get(console("team")).content.decode()
            with self.subTest(days):
                self.assertEqual("votre accès s’arrête" in inbox, warned)
                self.assertEqual("Part bientôt" in team, warned)

    def test_a_last_day_can_be_taken_away(self) -> None:
        self.post(console("last_day", self.karim.pk), {"last_day": ""})
        self.karim.refresh_from_db()
        self.assertIsNone(self.karim.active_until)
