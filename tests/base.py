"""Test cases that stand inside a pharmacy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from unittest.mock import patch

from django.db import connection, connections
from django.test import TestCase, TransactionTestCase

from tenants.context import leave
from tenants.fences import OWNER
from tenants.hosts import HostTable
from tenants.models import Pharmacy
from tests import cast
from tests.emptying import empty

if TYPE_CHECKING:
    from portal.team.models import User


# What tests write outside the pharmacies.
PUBLIC_TABLES = (
    "tenants_wakeup",
    "tenants_tally",
    "directory_trusteddomain",
    "directory_entry",
    "directory_load",
)


class PharmacyTestCase(TestCase):
    """Inside Soleil, in a transaction that is rolled back; `self.nadia`, `self.claire`, `self.karim` work there."""

    databases = {"default"}
    soleil: ClassVar[Pharmacy]
    gare: ClassVar[Pharmacy]
    nadia: ClassVar[User]
    claire: ClassVar[User]
    karim: ClassVar[User]

    @classmethod
    def setUpClass(cls) -> None:
        leave()
        cls.soleil, cls.gare = cast.soleil(), cast.gare()
        connection.set_tenant(cls.soleil)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        leave()

    @classmethod
    def setUpTestData(cls) -> None:
        cls.nadia, cls.claire, cls.karim = team_of_soleil()

    def setUp(self) -> None:
        super().setUp()
        forget_hosts(self)
        connection.set_tenant(self.soleil)


class CommittingPharmacyTestCase(TransactionTestCase):
    """Inside Soleil, with real commits: for threads, tasks and servers. Everything is emptied afterwards."""

    databases = {"default", "owner"}
    soleil: Pharmacy
    gare: Pharmacy

    def setUp(self) -> None:
        super().setUp()
        forget_hosts(self)
        leave()
        self.soleil, self.gare = cast.soleil(), cast.gare()
        connection.set_tenant(self.soleil)
        self.nadia, self.claire, self.karim = team_of_soleil()

    def tearDown(self) -> None:
        leave()
        super().tearDown()

    @classmethod
    def _fixture_setup(cls) -> None:
        """Nothing to load: the pharmacies are there from the making of the database."""

    def _should_reload_connections(self) -> bool:
        """The login's goes back to its pool after each test anyway; the owner's is kept, for it knows the tables."""
        return False

    def _fixture_teardown(self) -> None:
        leave()
        connection.close()
        for pharmacy in Pharmacy.objects.all():
            empty(pharmacy)
        with connections[OWNER].cursor() as cursor:
            # Not TRUNCATE: it makes new files for tables that hold a few rows at most.
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in PUBLIC_TABLES))


def forget_hosts(case: TestCase | TransactionTestCase) -> None:
    case.enterContext(patch("tenants.middleware.hosts", HostTable()))


def team_of_soleil() -> tuple[User, User, User]:
    from portal.team.models import Role, User

    nadia = User.objects.get(sign_in_name="nadia")
    claire = cast.join("claire", "Claire Moulin", Role.ADJOINT)
    karim = cast.join("karim", "Karim Belkacem", Role.PREPARATEUR)
    return nadia, claire, karim
