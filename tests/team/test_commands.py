"""The operator opens a pharmacy, lists them, and gives somebody a new access."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, override_settings

from portal.audit.models import Entry
from portal.lib.finess import WrongFiness, checked_finess
from portal.team.models import Responsibility, TotpDevice, User
from tenants.context import inside, leave
from tenants.fences import OWNER, drop_pharmacy
from tenants.models import Domain, Pharmacy
from tests.base import CommittingPharmacyTestCase
from tests.browsing import Browser, phone_of
from tests.web.account_case import STAND_IN

NEW = "290000017"


def run(command: str, /, **options: Any) -> str:
    leave()
    said = StringIO()
    call_command(command, stdout=said, **options)
    return said.getvalue()


@override_settings(ROOT_URLCONF=STAND_IN)
class CreatePharmacy(CommittingPharmacyTestCase):
    def create(self, **changes: Any) -> str:
        options = {
            "name": "Pharmacie de la Plage",
            "finess": NEW,
            "host": "plage.localhost",
            "titulaire": "Maëlle Le Goff",
        }
        return run("create_pharmacy", **options | changes)

    def tearDown(self) -> None:
        leave()
        for pharmacy in Pharmacy.objects.using(OWNER).filter(finess=NEW):
            Domain.objects.using(OWNER).filter(tenant=pharmacy).delete()
            Pharmacy.objects.using(OWNER).filter(pk=pharmacy.pk).delete()
            drop_pharmacy(pharmacy.schema_name)
        super().tearDown()

    def test_it_prints_a_link_that_lets_the_titulaire_in(self) -> None:
        said = self.create()

        link = re.search(r"https://plage\.localhost(/equipe/invitation/\S+)", said)
        assert link is not None
        self.assertIn("Pharmacie de la Plage est ouverte", said)
        self.assertIn("▄", said)  # the square, made of letters
        self.assertContains(Browser("plage.localhost").get(link[1]), "Maëlle Le Goff")

    def test_the_titulaire_answers_for_the_bal_and_the_journal_begins(self) -> None:
        self.create(sign_in_name="maelle.lg", accent="#1c4a94", address="1 quai du Port, 29000 Quimper")

        pharmacy = Pharmacy.objects.get(finess=NEW)
        with inside(pharmacy):
            responsible = Responsibility.objects.get().user
            self.assertEqual((responsible.sign_in_name, responsible.role), ("maelle.lg", "titulaire"))
            entries = Entry.objects.order_by("n").values_list("actor_kind", "event")
            self.assertEqual(
                list(entries),
                [
                    ("operator", "team:invite"),
                    ("operator", "team:transfer-responsibility"),
                    ("operator", "pharmacy:create"),
                ],
            )
        self.assertIn("chaîne entière", run("check_audit", pharmacy=pharmacy.schema_name))

    def test_the_first_name_makes_the_sign_in_name(self) -> None:
        self.create()
        with inside(Pharmacy.objects.get(finess=NEW)):
            self.assertEqual(User.objects.get().sign_in_name, "maelle")

    def test_what_is_wrong_is_said_and_nothing_is_made(self) -> None:
        for changes, word in (
            ({"finess": "290000018"}, "faute de frappe"),
            ({"finess": "29000001"}, "9 chiffres"),
            ({"finess": "580008803"}, "porte déjà"),
            ({"host": "soleil.localhost"}, "déjà prise"),
            ({"host": "https://plage.fr"}, "nom d’hôte"),
            ({"host": "contenu.plage.fr"}, "nom d’hôte"),
            ({"accent": "vert"}, "couleur"),
            ({"titulaire": " "}, "titulaire est vide"),
            ({"name": " "}, "pharmacie est vide"),
            ({"titulaire": "李 娜"}, "--sign-in-name"),
        ):
            with self.subTest(word), self.assertRaisesMessage(CommandError, word):
                self.create(**changes)
        self.assertEqual(Pharmacy.objects.count(), 2)


class ListPharmacies(CommittingPharmacyTestCase):
    def test_each_has_its_line_and_nothing_of_what_it_contains(self) -> None:
        said = run("list_pharmacies")
        self.assertIn(
            f"Pharmacie du Soleil | {self.soleil.schema_name} | soleil.localhost | En service | 3 personnes",
            said,
        )
        self.assertIn("Pharmacie de la Gare", said)
        self.assertNotIn("Nadia", said)

    def test_a_pharmacy_whose_migration_failed_is_listed_all_the_same(self) -> None:
        gare = Pharmacy.objects.using(OWNER).filter(pk=self.gare.pk)
        gare.update(schema_current=False)
        try:
            self.assertIn("migration à reprendre", run("list_pharmacies"))
        finally:
            gare.update(schema_current=True)


@override_settings(ROOT_URLCONF=STAND_IN)
class ResetAccess(CommittingPharmacyTestCase):
    def test_a_lost_phone_is_mended_by_a_new_link_and_it_is_in_the_journal(self) -> None:
        phone_of(self.karim)

        said = run("reset_access", pharmacy=self.soleil.schema_name, person="Karim")

        link = re.search(r"https://soleil\.localhost(/equipe/invitation/\S+)", said)
        assert link is not None
        self.assertContains(Browser().get(link[1]), "Karim Belkacem")
        with inside(self.soleil):
            self.assertFalse(TotpDevice.objects.exists())
            entry = Entry.objects.latest("n")
            self.assertEqual((entry.actor_kind, entry.event), ("operator", "team:reset-access"))
            self.assertEqual(entry.object_id, self.karim.id)

    def test_who_or_what_is_unknown_is_said(self) -> None:
        for options, word in (
            ({"pharmacy": "t_none", "person": "karim"}, "Aucune pharmacie"),
            ({"pharmacy": self.soleil.schema_name, "person": "hugo"}, "Personne ne se connecte"),
        ):
            with self.subTest(word), self.assertRaisesMessage(CommandError, word):
                run("reset_access", **options)


class Finess(SimpleTestCase):
    def test_good_numbers_are_taken_however_they_are_typed(self) -> None:
        self.assertEqual(checked_finess(" 58 000 880 3"), "580008803")
        self.assertEqual(checked_finess("2a0000014"), "2A0000014")
        self.assertEqual(checked_finess("2B0000020"), "2B0000020")

    def test_any_single_digit_mistyped_is_found(self) -> None:
        good = "580008803"
        for place in range(9):
            for digit in "0123456789":
                wrong = good[:place] + digit + good[place + 1 :]
                if wrong != good:
                    with self.subTest(wrong), self.assertRaises(WrongFiness):
                        checked_finess(wrong)

    def test_what_is_no_number_is_refused(self) -> None:
        for wrong in (
            "",
            "58000880",
            "5800088033",
            "5A000880B",
            "58000880²",
            "C80008803",
            "２９０００００１７",
        ):
            with self.subTest(wrong), self.assertRaises(WrongFiness):
                checked_finess(wrong)
