"""Tests that the database itself keeps two pharmacies apart, whatever the code does."""

from __future__ import annotations

from django.db import ProgrammingError, connection, connections, transaction

from portal.patients.models import Patient
from tenants.backend.base import PharmacyUnavailable
from tenants.context import NoPharmacy, current_pharmacy, inside, leave
from tenants.fences import OWNER
from tenants.models import Pharmacy
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'S')"


def tables_of(pharmacy: Pharmacy) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [pharmacy.schema_name])
        return [row[0] for row in cursor.fetchall()]


class ForEveryTable(PharmacyTestCase):
    def refuses(self, statement: str) -> None:
        refused = self.assertRaises(ProgrammingError, msg=statement)
        with refused as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        self.assertIn("permission denied", str(caught.exception), statement)

    def test_raw_sql_into_the_neighbour_is_refused(self) -> None:
        tables = tables_of(self.gare)
        self.assertGreater(len(tables), 20)
        for table in tables:
            self.refuses(f"SELECT * FROM {self.gare.schema_name}.{table}")

    def test_writing_to_the_neighbour_is_refused(self) -> None:
        for table in tables_of(self.gare):
            self.refuses(f"TRUNCATE {self.gare.schema_name}.{table}")

    def test_a_pharmacy_cannot_read_who_the_pharmacies_are(self) -> None:
        for table in ("tenants_pharmacy", "tenants_domain", "tenants_wakeup", "tenants_recording"):
            self.refuses(f"SELECT * FROM public.{table}")

    def test_a_pharmacy_reads_reference_data_and_writes_none(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM directory_trusteddomain")
        self.refuses("INSERT INTO directory_trusteddomain VALUES ('mechant.example', now())")

    def test_a_pharmacy_makes_no_table_anywhere(self) -> None:
        for statement in (
            "CREATE TABLE x (n int)",
            "CREATE TEMP TABLE x (n int)",
            "CREATE TABLE public.x (n int)",
        ):
            self.refuses(statement)


class OutsideAPharmacy(PharmacyTestCase):
    def test_a_forgotten_schema_finds_no_table(self) -> None:
        leave()

        with self.assertRaises(ProgrammingError), transaction.atomic():
            Patient.objects.count()

    def test_the_login_itself_may_not_read_a_pharmacy(self) -> None:
        leave()

        for table in tables_of(self.soleil):
            with (
                self.assertRaises(ProgrammingError, msg=table),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(f"SELECT * FROM {self.soleil.schema_name}.{table}")

    def test_the_login_neither_reads_nor_writes_what_the_owner_will_execute(self) -> None:
        leave()

        for statement in ("SELECT script FROM tenants_recording", "UPDATE tenants_recording SET script = ''"):
            with (
                self.assertRaisesMessage(ProgrammingError, "permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)

    def test_code_that_needs_a_pharmacy_says_so(self) -> None:
        leave()

        with self.assertRaises(NoPharmacy):
            current_pharmacy()


class AFailedSwitch(CommittingPharmacyTestCase):
    def test_a_missing_schema_closes_the_connection(self) -> None:
        ghost = Pharmacy(name="Fantôme", schema_name="t_" + "0" * 32)

        with inside(ghost), self.assertRaises(PharmacyUnavailable):
            Patient.objects.count()

        self.assertIsNone(connection.connection)
        self.assertEqual(Patient.objects.count(), 0)  # and the next one is right again

    def test_a_schema_whose_role_is_missing_is_refused_too(self) -> None:
        name = "t_" + "f" * 32
        with connections[OWNER].cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {name}")
        self.addCleanup(self._drop, name)
        half_made = Pharmacy(name="À moitié", schema_name=name)

        with inside(half_made), self.assertRaises(PharmacyUnavailable):
            Patient.objects.count()

        self.assertIsNone(connection.connection)

    def test_a_switch_that_was_rolled_back_is_made_again(self) -> None:
        try:
            with transaction.atomic():
                with inside(self.gare):
                    Patient.objects.create(display_name="à la gare")
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('search_path')")
            path = cursor.fetchone()

        self.assertEqual(path, (f'"{self.soleil.schema_name}", public',))

    @staticmethod
    def _drop(name: str) -> None:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {name}")
