"""The owner of the database turns the triggers off and changes the journal: the check names the row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.test import override_settings

from portal.audit.actions import anchor_head, record
from portal.audit.events import Event
from tenants.context import leave
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase

OFF, ON = "ALTER TABLE audit_entry DISABLE TRIGGER USER", "ALTER TABLE audit_entry ENABLE TRIGGER USER"


@contextmanager
def owner_of(pharmacy: Any) -> Iterator[Any]:
    owner = connections[OWNER]
    owner.set_tenant(pharmacy, include_public=False)
    try:
        with owner.cursor() as cursor:
            yield cursor
    finally:
        owner.set_schema_to_public()


class JournalOfTen(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        settings.ANCHOR_FILE.unlink(missing_ok=True)
        for _ in range(10):
            with transaction.atomic():
                record(Event.SIGN_IN, by=self.nadia, on=("user", self.nadia.id))

    def tamper(self, *statements: str) -> None:
        with owner_of(self.soleil) as cursor:
            for statement in (OFF, *statements, ON):
                cursor.execute(statement)

    def check(self) -> str:
        leave()
        said = StringIO()
        call_command("check_audit", pharmacy=self.soleil.schema_name, stdout=said)
        return said.getvalue()

    def assert_named(self, sentence: str) -> None:
        leave()
        said = StringIO()
        with self.assertRaises(CommandError):
            call_command("check_audit", stdout=said)
        self.assertIn(f"{self.soleil.schema_name} : {sentence}", said.getvalue())
        self.assertIn(f"{self.gare.schema_name} : 0 lignes, chaîne entière.", said.getvalue())


class Tampering(JournalOfTen):
    def test_a_whole_journal_is_said_to_be_whole(self) -> None:
        anchor_head()
        self.assertIn("10 lignes, chaîne entière.", self.check())

    def test_an_altered_row_is_named(self) -> None:
        self.tamper("UPDATE audit_entry SET actor = NULL WHERE n = 4")
        self.assert_named("la ligne 4 a été modifiée.")

    def test_a_changed_time_is_named(self) -> None:
        self.tamper("UPDATE audit_entry SET at_us = at_us + 1 WHERE n = 10")
        self.assert_named("la ligne 10 a été modifiée.")

    def test_a_removed_row_is_named(self) -> None:
        self.tamper("DELETE FROM audit_entry WHERE n = 6")
        self.assert_named("la ligne 6 a été supprimée.")

    def test_an_inserted_row_is_named(self) -> None:
        self.tamper(
            "UPDATE audit_entry SET n = -n WHERE n > 3",
            "UPDATE audit_entry SET n = 1 - n WHERE n < 0",
            "INSERT INTO audit_entry SELECT 4, at_us, actor_kind, actor, event, object_kind, object_id,"
            " detail, previous, hash FROM audit_entry WHERE n = 2",
        )
        self.assert_named("la ligne 4 a été ajoutée après coup.")

    def test_two_rows_that_changed_places_are_named(self) -> None:
        self.tamper(
            "UPDATE audit_entry SET n = -3 WHERE n = 3",
            "UPDATE audit_entry SET n = 3 WHERE n = 8",
            "UPDATE audit_entry SET n = 8 WHERE n = -3",
        )
        self.assert_named("la ligne 3 a changé de place.")

    def test_a_cut_tail_is_named(self) -> None:
        self.tamper("DELETE FROM audit_entry WHERE n > 7")
        self.assert_named("la ligne 8 et les suivantes manquent")

    def test_a_tail_cut_together_with_the_head_is_named_by_the_anchor(self) -> None:
        anchor_head()
        self.tamper(
            "DELETE FROM audit_entry WHERE n > 7",
            "UPDATE audit_head SET n = 7, hash = (SELECT hash FROM audit_entry WHERE n = 7)",
        )
        self.assert_named("la ligne 8 et les suivantes manquent")

    def test_a_journal_emptied_with_its_head_is_named_by_the_anchor(self) -> None:
        anchor_head()
        self.tamper(
            "DELETE FROM audit_entry",
            "ALTER TABLE audit_head DISABLE TRIGGER USER",
            "DELETE FROM audit_head",
            "ALTER TABLE audit_head ENABLE TRIGGER USER",
        )
        self.assert_named("la ligne 1 et les suivantes manquent")

    def test_a_changed_anchor_is_not_believed(self) -> None:
        anchor_head()
        content = settings.ANCHOR_FILE.read_text()
        settings.ANCHOR_FILE.write_text(content.replace('"n": 10', '"n": 7'))
        with self.assertRaisesMessage(CommandError, "la ligne 1 ne porte pas notre signature"):
            self.check()

    def test_without_the_key_nothing_is_said_to_be_whole(self) -> None:
        with override_settings(ANCHOR_KEYS=[]), self.assertRaisesMessage(CommandError, "ANCHOR_KEY manque"):
            self.check()

    def test_with_the_triggers_on_even_the_owner_is_refused(self) -> None:
        for statement in (
            "UPDATE audit_entry SET event = 'x'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "DELETE FROM audit_head",
        ):
            with (
                self.subTest(statement),
                self.assertRaisesMessage(DatabaseError, "append-only"),
                owner_of(self.soleil) as cursor,
            ):
                cursor.execute(statement)

    def test_an_unknown_pharmacy_is_said_to_be_unknown(self) -> None:
        leave()
        with self.assertRaisesMessage(CommandError, "Aucune pharmacie"):
            call_command("check_audit", pharmacy="t_none", stdout=StringIO())
