"""Queries whose SQL is made once: the same rows as Django's, whoever asks, and nothing frozen that should move."""

from __future__ import annotations

from unittest import mock
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from portal.lib.prepared import NotPreparable, prepared
from portal.team.models import Role, User
from tenants.context import inside
from tests.base import PharmacyTestCase


class Preparing(PharmacyTestCase):
    def test_each_call_asks_for_its_own_in_one_query(self) -> None:
        named = prepared(lambda pk: User.objects.filter(pk=pk))

        for person in (self.nadia, self.claire, self.karim):
            with self.assertNumQueries(1):
                self.assertEqual(named(person.pk), [person])

    def test_the_same_sql_answers_in_each_pharmacy_for_itself(self) -> None:
        names = prepared(lambda: User.objects.order_by("sign_in_name").values_list("sign_in_name", flat=True))

        self.assertIn("nadia", names())
        with inside(self.gare):
            self.assertEqual(names(), ["hugo"])

    def test_what_chooses_the_sql_has_one_of_its_own(self) -> None:
        @prepared
        def people(role: Role | None, name: str) -> QuerySet[User]:
            found = User.objects.filter(sign_in_name=name)
            return found if role is None else found.filter(role=role)

        self.assertEqual(people(None, "karim"), [self.karim])
        self.assertEqual(people(Role(self.karim.role), "karim"), [self.karim])
        self.assertEqual(people(Role(self.nadia.role), "karim"), [])

    def test_ids_in_a_list_are_this_calls(self) -> None:
        pair = prepared(lambda one, other: User.objects.filter(pk__in=[one, other]).order_by("sign_in_name"))

        self.assertEqual(pair(self.nadia.pk, self.karim.pk), [self.karim, self.nadia])
        self.assertEqual(pair(self.claire.pk, self.karim.pk), [self.claire, self.karim])

    def test_an_argument_that_is_no_parameter_is_refused(self) -> None:
        for name, build in {
            "forgotten": lambda pk: User.objects.all(),
            "changed": lambda name: User.objects.filter(sign_in_name=name.upper()),
        }.items():
            with self.subTest(name), self.assertRaises(NotPreparable):
                prepared(build)(self.nadia.pk if name == "forgotten" else "nadia")

    def test_a_moment_of_now_would_stay_so_it_is_refused(self) -> None:
        for build in (
            lambda: User.objects.filter(created_at__lt=timezone.now()),
            lambda: User.objects.filter(active_until__lt=timezone.localdate()),
        ):
            with self.assertRaises(NotPreparable):
                prepared(build)()

    def test_what_needs_more_than_one_statement_is_refused(self) -> None:
        with self.assertRaises(NotPreparable):
            prepared(lambda: User.objects.prefetch_related(Prefetch("absences")))()

    def test_rows_are_held_in_a_transaction_only(self) -> None:
        held = prepared(lambda pk: User.objects.select_for_update().filter(pk=pk))

        self.assertEqual(held(self.karim.pk), [self.karim])
        with mock.patch.object(connection, "get_autocommit", return_value=True):
            self.assertRaises(TransactionManagementError, held, self.karim.pk)

    def test_only_ids_texts_and_moments_are_parameters(self) -> None:
        numbered = prepared(lambda epoch: User.objects.filter(session_epoch=epoch))

        self.assertRaises(NotPreparable, numbered, 1)
        self.assertRaises(NotPreparable, numbered, UUID)
