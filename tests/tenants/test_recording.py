"""Tests that a pharmacy opened by replay is the pharmacy that the migrations make, and that the comparison has eyes."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import StringIO
from unittest import mock

from django.core.management import call_command
from django.db import DataError, connections, transaction

from portal.outbound.models import ReplyTemplate
from portal.vault.keys import new_keyring
from tenants.connections import owner
from tenants.context import inside, leave
from tenants.fences import OWNER
from tenants.models import Pharmacy, Recording
from tenants.portrait import Portrait, differences, portrait
from tenants.provisioning import NewPharmacy, provision
from tenants.recording import CannotRecord, digest, record
from tests import cast
from tests.base import CommittingPharmacyTestCase

MADE_ANEW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+\+00:00")

# Each changes one thing in a pharmacy's schema, which its portrait must show.
CHANGES = (
    "CREATE TABLE {schema}.another (n int)",
    "ALTER TABLE {schema}.team_user ADD COLUMN another int",
    "ALTER TABLE {schema}.team_user DROP COLUMN display_name",
    "ALTER TABLE {schema}.team_user RENAME COLUMN display_name TO another",
    "ALTER TABLE {schema}.team_user ALTER COLUMN sign_in_name TYPE varchar(61)",
    "ALTER TABLE {schema}.team_user ALTER COLUMN active SET DEFAULT true",
    "ALTER TABLE {schema}.team_user ALTER COLUMN display_name DROP NOT NULL",
    "ALTER TABLE {schema}.team_user ALTER COLUMN display_name SET STORAGE EXTERNAL",
    "ALTER TABLE {schema}.team_user ALTER COLUMN display_name SET (n_distinct = 5)",
    "ALTER TABLE {schema}.house_openinghours ALTER COLUMN id SET GENERATED ALWAYS",
    "ALTER TABLE {schema}.team_user SET (fillfactor = 70)",
    "ALTER TABLE {schema}.django_session SET UNLOGGED",
    "ALTER TABLE {schema}.audit_head DROP CONSTRAINT audit_one_head",
    "ALTER TABLE {schema}.audit_head ADD CONSTRAINT another CHECK (n >= 0) NOT VALID",
    "ALTER TABLE {schema}.team_responsibility ALTER CONSTRAINT {foreign_key} NOT DEFERRABLE",
    "DROP INDEX {schema}.audit_by_actor",
    "DROP INDEX {schema}.audit_by_actor; CREATE INDEX audit_by_actor ON {schema}.audit_entry (actor, n DESC)",
    "ALTER TABLE {schema}.audit_entry DISABLE TRIGGER audit_refuse",
    "DROP TRIGGER audit_refuse ON {schema}.audit_head",
    "ALTER FUNCTION {schema}.audit_refuse() SECURITY DEFINER",
    "ALTER FUNCTION {schema}.audit_chain() SET search_path = public",
    "CREATE OR REPLACE FUNCTION {schema}.audit_refuse() RETURNS trigger LANGUAGE plpgsql "
    "SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
    "GRANT EXECUTE ON FUNCTION {schema}.audit_anchored TO PUBLIC",
    "GRANT UPDATE ON {schema}.audit_entry TO {role}",
    "GRANT UPDATE (n) ON {schema}.audit_entry TO {role}",
    "GRANT SELECT ON {schema}.django_migrations TO {role}",
    "REVOKE USAGE ON SEQUENCE {schema}.house_openinghours_id_seq FROM {role}",
    "GRANT CREATE ON SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE DELETE ON TABLES FROM {role}",
    "ALTER ROLE {role} NOINHERIT",
    "REVOKE {group} FROM {role}",
    "ALTER TABLE {schema}.team_user ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY another ON {schema}.team_user USING (active)",
    "CREATE RULE another AS ON DELETE TO {schema}.team_user DO INSTEAD NOTHING",
    "CREATE VIEW {schema}.another AS SELECT 1 AS one",
    "CREATE TYPE {schema}.another AS ENUM ('one')",
    "CREATE SEQUENCE {schema}.another",
    "CREATE STATISTICS {schema}.another ON sign_in_name, role FROM {schema}.team_user",
    "CREATE COLLATION {schema}.another FROM \"C\"",
    "COMMENT ON COLUMN {schema}.team_user.role IS 'another'",
    "ALTER SEQUENCE {schema}.house_openinghours_id_seq RESTART WITH 5",
    "DELETE FROM {schema}.outbound_replytemplate WHERE name = 'Produit en rupture'",
    "UPDATE {schema}.outbound_replytemplate SET version = 2 WHERE name = 'Produit en rupture'",
    "DELETE FROM {schema}.django_migrations WHERE name = '0002_chain'",
)  # fmt: skip


def third(number: int = 1) -> NewPharmacy:
    finess = f"58000991{number}"
    return NewPharmacy(
        name="Pharmacie du Pont", finess=finess, host=f"pont{number}.localhost", keyring=new_keyring
    )


def blanked(drawn: Portrait) -> Portrait:
    """Without the ids and moments that each pharmacy has of its own."""
    found: Portrait = Counter()
    for line, n in drawn.items():
        found[MADE_ANEW.sub("MADE ANEW", line)] += n
    return found


class RecordingCase(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        leave()
        self.recording = Recording.objects.using(OWNER).get()
        self.addCleanup(self.put_back)

    def put_back(self) -> None:
        Recording.objects.using(OWNER).exclude(pk=self.recording.pk).delete()
        self.recording.save(using=OWNER)

    def change(self, **fields: str) -> None:
        Recording.objects.using(OWNER).update(**fields)

    def open_third(self, number: int = 1) -> Pharmacy:
        pharmacy = provision(third(number))
        self.addCleanup(cast.remove, pharmacy)
        return pharmacy

    def open_by_migrating(self) -> Pharmacy:
        self.change(digest="of other migrations")
        with self.assertLogs("tenants.recording", "WARNING"):
            pharmacy = self.open_third(2)
        self.change(digest=self.recording.digest)
        return pharmacy


class Replaying(RecordingCase):
    def test_a_replayed_pharmacy_is_a_migrated_one_in_every_object_right_and_row(self) -> None:
        migrated = self.open_by_migrating()
        with self.assertNoLogs("tenants.recording"):
            replayed = self.open_third()

        drawn = portrait(replayed.schema_name)

        self.assertGreater(len(drawn), 1000)
        self.assertEqual(differences(blanked(drawn), blanked(portrait(migrated.schema_name))), [])

    def test_the_comparison_sees_every_kind_of_change(self) -> None:
        schema = self.open_third().schema_name
        drawn = portrait(schema)
        names = {
            "schema": schema,
            "role": f"{owner().role_prefix}_{schema}",
            "group": f"{owner().role_prefix}_pharmacies",
        }
        with connections[OWNER].cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
                [f"{schema}.team_responsibility"],
            )
            (names["foreign_key"],) = cursor.fetchone()
        for change in CHANGES:
            with self.subTest(change), transaction.atomic(using=OWNER):
                with connections[OWNER].cursor() as cursor:
                    cursor.execute(change.format(**names))
                self.assertTrue(differences(drawn, portrait(schema)))
                transaction.set_rollback(True, using=OWNER)
        self.assertEqual(differences(drawn, portrait(schema)), [])

    def test_what_migrations_write_has_ids_and_moments_of_each_pharmacy(self) -> None:
        began = datetime.now().astimezone()
        pharmacies = [self.open_third(number) for number in (1, 2)]

        ids = []
        for pharmacy in pharmacies:
            with inside(pharmacy):
                templates = list(ReplyTemplate.objects.order_by("id"))
            ids += [template.id for template in templates]
            self.assertEqual(templates[0].name, "Commande prête")  # in the order in which they were written
            self.assertGreater(templates[0].created_at, began)
        self.assertEqual(len(ids), 20)
        self.assertEqual(len(set(ids)), 20)

    def test_two_are_opened_at_once(self) -> None:
        def open_one(number: int) -> Pharmacy:
            try:
                return provision(third(number))
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            opened = list(pool.map(open_one, (1, 2)))
        for pharmacy in opened:
            self.addCleanup(cast.remove, pharmacy)

        first, second = (blanked(portrait(pharmacy.schema_name)) for pharmacy in opened)
        self.assertEqual(differences(first, second), [])

    def test_a_replay_that_fails_leaves_nothing(self) -> None:
        self.change(script=self.recording.script + "\n;\nSELECT 1 / 0")

        with self.assertRaises(DataError):
            provision(third())

        self.assertFalse(Pharmacy.objects.filter(finess=third().finess).exists())
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%%'")
            self.assertEqual(cursor.fetchone(), (2,))
            cursor.execute(
                "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, %s)", [f"{owner().role_prefix}_t_"]
            )
            self.assertEqual(cursor.fetchone(), (2,))
        self.put_back()
        self.open_third()  # and the next one is opened as ever


class Rehearsing(RecordingCase):
    def test_migrate_records_what_is_new_once(self) -> None:
        self.assertEqual(self.recording.digest, digest())
        self.change(digest="of other migrations", script="")

        call_command("migrate", verbosity=0, stdout=StringIO())

        renewed = Recording.objects.using(OWNER).get()
        self.assertEqual(renewed.digest, self.recording.digest)
        call_command("migrate", verbosity=0, stdout=StringIO())
        self.assertEqual(Recording.objects.using(OWNER).get().recorded_at, renewed.recorded_at)
        with self.assertNoLogs("tenants.recording"):
            self.open_third()

    def refuse(self, says: str, because: str) -> None:
        """Have the migrations say this and no more, and see that it is not recorded."""

        def migrate(schema_name: str) -> None:
            owner().set_schema(schema_name, include_public=False)
            try:
                with owner().cursor() as cursor:
                    cursor.execute("CREATE TABLE django_migrations (id int GENERATED ALWAYS AS IDENTITY)")
                    cursor.execute(says)
            finally:
                owner().set_schema_to_public()

        self.change(digest="of other migrations")
        with (
            mock.patch("tenants.recording.migrate_schema", migrate),
            self.assertRaisesMessage(CannotRecord, because),
        ):
            record()
        self.assertFalse(Recording.objects.using(OWNER).filter(digest=digest()).exists())

    def test_a_read_that_writes_is_noticed(self) -> None:
        self.refuse("SELECT nextval('django_migrations_id_seq')", "row SCHEMA.django_migrations_id_seq: 1 t")

    def test_words_that_look_like_a_mark_are_refused(self) -> None:
        self.refuse("COMMENT ON TABLE django_migrations IS 'a ⟦schema⟧'", "mark")
