"""Tests of opening pharmacies and keeping their schemas current."""

from __future__ import annotations

from io import StringIO

from django.core.management import CommandError, call_command
from django.db import connections

from portal.vault.keys import new_keyring
from tenants.context import leave
from tenants.fences import OWNER
from tenants.migrating import lagging
from tenants.models import Domain, DomainKind, Pharmacy
from tenants.provisioning import AlreadyThere, NewPharmacy, provision
from tests import cast
from tests.base import CommittingPharmacyTestCase

THIRD = NewPharmacy(name="Pharmacie du Pont", finess="580009918", host="pont.localhost", keyring=new_keyring)


class Opening(CommittingPharmacyTestCase):
    def open_third(self) -> Pharmacy:
        pharmacy = provision(THIRD, then=lambda _: cast.appoint("paul", "Paul Pont"))
        self.addCleanup(cast.remove, pharmacy)
        return pharmacy

    def setUp(self) -> None:
        super().setUp()
        leave()

    def test_a_pharmacy_has_a_host_for_its_team_and_one_for_contents(self) -> None:
        pharmacy = self.open_third()

        kinds = dict(Domain.objects.filter(tenant=pharmacy).values_list("domain", "kind"))
        self.assertEqual(
            kinds, {"pont.localhost": DomainKind.TEAM, "contenu.pont.localhost": DomainKind.CONTENT}
        )

    def test_a_second_pharmacy_with_the_same_finess_is_refused(self) -> None:
        self.open_third()

        with self.assertRaisesMessage(AlreadyThere, "FINESS 580009918"):
            provision(THIRD)

    def test_a_pharmacy_that_could_not_be_opened_leaves_nothing(self) -> None:
        with self.assertRaises(ZeroDivisionError):
            provision(THIRD, then=lambda _: 1 / 0)

        self.assertFalse(Pharmacy.objects.filter(finess=THIRD.finess).exists())
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%%'")
            self.assertEqual(cursor.fetchone(), (2,))


class Migrating(CommittingPharmacyTestCase):
    def forget_last_migration(self) -> None:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.gare.schema_name}.django_migrations WHERE app = 'outbound'")
        self.addCleanup(self.serve_all)

    def serve_all(self) -> None:
        """Put the history right again, whatever the test left."""
        with connections[OWNER].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.gare.schema_name}.django_migrations (app, name, applied) "
                f"SELECT app, name, applied FROM {self.soleil.schema_name}.django_migrations s "
                f"WHERE NOT EXISTS (SELECT FROM {self.gare.schema_name}.django_migrations g "
                f"WHERE (g.app, g.name) = (s.app, s.name))"
            )
        Pharmacy.objects.using(OWNER).update(schema_current=True)

    def setUp(self) -> None:
        super().setUp()
        leave()

    def test_only_a_schema_that_lags_is_visited(self) -> None:
        self.assertEqual(lagging(Pharmacy.objects.all()), [])

        self.forget_last_migration()

        self.assertEqual(lagging(Pharmacy.objects.all()), [self.gare])

    def test_a_pharmacy_whose_migration_fails_is_named_and_alone_not_served(self) -> None:
        self.forget_last_migration()  # its tables exist already: applying it again fails

        with self.assertRaisesMessage(CommandError, "Pharmacie de la Gare"), self.assertLogs(level="ERROR"):
            call_command("migrate", verbosity=0, stdout=StringIO())

        self.assertEqual(
            {p.name: p.served for p in Pharmacy.objects.all()},
            {"Pharmacie du Soleil": True, "Pharmacie de la Gare": False},
        )

    def test_a_good_migration_serves_it_again(self) -> None:
        self.forget_last_migration()
        self.drop_tables("outbound_%")
        Pharmacy.objects.using(OWNER).filter(pk=self.gare.pk).update(schema_current=False)

        call_command("migrate", verbosity=0, stdout=StringIO())

        self.assertTrue(Pharmacy.objects.get(pk=self.gare.pk).served)

    def drop_tables(self, pattern: str) -> None:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' "
                "AND relname LIKE %s",
                [self.gare.schema_name, pattern],
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE {self.gare.schema_name}.{table} CASCADE")
