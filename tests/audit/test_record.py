"""An act leaves exactly one entry, or is not done."""

from __future__ import annotations

from uuid import uuid4

from django.db import DatabaseError, connection, transaction
from django.test import SimpleTestCase

from portal.audit.actions import DETAIL, OPERATOR, NotADetail, OutsideTransaction, record
from portal.audit.chain import digest
from portal.audit.checking import check_journal
from portal.audit.events import Event
from portal.audit.models import Entry, Head
from tests.audit.rows import row_of
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase


class WritingTheJournal(PharmacyTestCase):
    def test_an_entry_names_who_did_what_on_which_object(self) -> None:
        conversation = uuid4()

        n = record(
            Event.CONVERSATION_OPEN, by=self.karim, on=("conversation", conversation), detail="count=3"
        )

        entry = Entry.objects.get(n=n)
        self.assertEqual((entry.actor_kind, entry.actor), ("person", self.karim.id))
        self.assertEqual((entry.object_kind, entry.object_id), ("conversation", conversation))
        self.assertEqual((entry.event, entry.detail), ("conversation:open", "count=3"))

    def test_officinal_and_the_operator_have_no_id(self) -> None:
        record(Event.MESSAGE_RECEIVE, by=None)
        record(Event.RESET_ACCESS, by=OPERATOR)

        kinds = list(Entry.objects.order_by("n").values_list("actor_kind", "actor"))
        self.assertEqual(kinds, [("system", None), ("operator", None)])

    def test_each_entry_carries_the_hash_of_the_one_before(self) -> None:
        for _ in range(3):
            record(Event.SIGN_IN, by=self.nadia)

        first, second, third = Entry.objects.order_by("n")
        self.assertEqual([first.n, second.n, third.n], [1, 2, 3])
        self.assertEqual(bytes(first.previous), b"")
        self.assertEqual(bytes(second.previous), bytes(first.hash))
        self.assertEqual(bytes(third.previous), bytes(second.hash))
        head = Head.objects.get()
        self.assertEqual((head.n, bytes(head.hash)), (3, bytes(third.hash)))

    def test_python_and_the_database_hash_the_same_bytes(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_entry (actor_kind, event, object_kind, detail)"
                " VALUES ('system', %s, '', %s)",
                ['é « » " \\ / \x7f', "tabulation\t retour\r\n cloche\x07 ünï 漢"],
            )

        row = row_of(Entry.objects.get())
        self.assertEqual(digest(row), row.hash)

    def test_a_whole_journal_is_found_whole(self) -> None:
        for _ in range(20):
            record(Event.SIGN_IN, by=self.nadia, on=("user", self.nadia.id))

        check = check_journal([])

        self.assertEqual((check.entries, check.finding), (20, None))

    def test_numbers_time_and_hashes_that_are_sent_along_are_not_taken(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_entry (n, at_us, actor_kind, event, object_kind, detail, previous, hash)"
                " VALUES (77, 5, 'system', 'x', '', '', 'p', 'h') RETURNING n, at_us > 5, previous"
            )
            self.assertEqual(cursor.fetchone()[:2], (1, True))
        self.assertIsNone(check_journal([]).finding)

    def test_the_pharmacy_may_not_change_what_is_written(self) -> None:
        record(Event.SIGN_IN, by=self.nadia)

        for statement in (
            "UPDATE audit_entry SET event = 'x'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "UPDATE audit_head SET n = 0",
            "DELETE FROM audit_head",
            "INSERT INTO audit_head VALUES (1, 0, '', false)",
        ):
            with (
                self.subTest(statement),
                self.assertRaisesMessage(DatabaseError, "permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


class OutsideOfAnAct(CommittingPharmacyTestCase):
    def test_an_entry_without_a_transaction_is_refused(self) -> None:
        with self.assertRaises(OutsideTransaction):
            record(Event.SIGN_IN, by=self.nadia)

    def test_an_act_that_fails_leaves_no_entry(self) -> None:
        with self.assertRaisesMessage(ValueError, "the act"), transaction.atomic():
            record(Event.SIGN_IN, by=self.nadia)
            raise ValueError("the act")

        self.assertFalse(Entry.objects.exists())


class DetailsWithoutContent(SimpleTestCase):
    def test_names_addresses_and_texts_are_refused(self) -> None:
        for content in (
            "Martin",
            "to=dr.martin@cabinet.mssante.fr",
            "patient=Dupont",
            "ins=279035121518989",
            "tel=0612345678",
            "subject=ordonnance de madame",
            "état=x",
            "code=550\n",
            "code=" + "5" * 10,
        ):
            with self.subTest(content):
                self.assertIsNone(DETAIL.fullmatch(content))

    def test_ids_counts_and_codes_are_taken(self) -> None:
        for detail in (
            "",
            "count=12",
            f"to={uuid4()}",
            "code=550 enhanced=5.7.1 attempt=2",
            "reason=no-from-header",
        ):
            with self.subTest(detail):
                self.assertIsNotNone(DETAIL.fullmatch(detail))


class RefusedDetail(PharmacyTestCase):
    def test_an_entry_with_content_is_not_written(self) -> None:
        for detail in ("madame Martin", " ".join(["count=1"] * 11), "a=" + "b" * 21):
            with self.subTest(detail), self.assertRaises(NotADetail):
                record(Event.SIGN_IN, by=self.nadia, detail=detail)
        self.assertFalse(Entry.objects.exists())
