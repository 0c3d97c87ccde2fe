"""The team changes: who comes, who moves, who leaves, who answers for the BAL."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from portal.audit.models import Entry
from portal.team.actions import (
    IsResponsible,
    LinkGone,
    NameTaken,
    NotFit,
    accept_invitation,
    change_role,
    deactivate,
    invite,
    reset_access,
    transfer_responsibility,
)
from portal.team.links import find_link
from portal.team.models import AccessLink, Responsibility, Role, TotpDevice, User
from portal.team.passwords import WeakPassword
from tenants.context import inside
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.browsing import phone_of
from tests.cast import PASSWORD

NEW = "Trois-renards-bleus-7"


class Invitations(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()
        self.lea, self.token = invite(
            sign_in_name="Lea", display_name="Léa Fontaine", role=Role.ETUDIANT, by=self.nadia, now=self.now
        )

    def accept(self, *, sign_in_name: str = "lea", password: str = NEW, now: datetime | None = None) -> User:
        return accept_invitation(
            self.token, sign_in_name=sign_in_name, password=password, now=now or self.now
        )

    def test_an_invitation_gives_an_account_without_password(self) -> None:
        self.assertEqual((self.lea.sign_in_name, self.lea.has_usable_password()), ("lea", False))
        entry = Entry.objects.latest("n")
        self.assertEqual((entry.event, entry.detail), ("team:invite", "role=etudiant"))
        self.assertEqual((entry.actor, entry.object_id), (self.nadia.id, self.lea.id))

    def test_the_token_has_at_least_128_bits_and_is_not_stored(self) -> None:
        self.assertGreaterEqual(len(self.token), 22)
        self.assertNotIn(self.token, AccessLink.objects.get().digest)

    def test_a_link_is_good_for_seventy_two_hours(self) -> None:
        later = self.now + timedelta(hours=72)
        self.assertIsNotNone(find_link(self.token, now=later - timedelta(minutes=1)))
        with self.assertRaises(LinkGone):
            self.accept(now=later)

    def test_a_link_is_good_once(self) -> None:
        self.accept()
        with self.assertRaises(LinkGone):
            self.accept()

    def test_a_newer_link_replaces_the_older(self) -> None:
        newer = reset_access(self.lea, by=self.nadia, now=self.now)
        with self.assertRaises(LinkGone):
            self.accept()
        self.assertIsNotNone(find_link(newer, now=self.now))

    def test_a_link_dies_with_the_account(self) -> None:
        deactivate(self.lea, by=self.nadia, now=self.now)
        with self.assertRaises(LinkGone):
            self.accept()

    def test_a_link_of_one_pharmacy_is_nothing_in_the_other(self) -> None:
        with inside(self.gare):
            self.assertIsNone(find_link(self.token, now=self.now))

    def test_what_is_refused_uses_nothing_up(self) -> None:
        with self.assertRaises(WeakPassword):
            self.accept(password="soleil")
        with self.assertRaises(NameTaken):
            self.accept(sign_in_name="karim")
        self.assertTrue(self.accept().check_password(NEW))

    def test_two_people_cannot_have_one_name(self) -> None:
        with self.assertRaises(NameTaken):
            invite(sign_in_name="KARIM", display_name="K", role=Role.ADJOINT, by=self.nadia, now=self.now)


class ResetAccess(PharmacyTestCase):
    def test_everything_the_lost_phone_could_open_is_closed(self) -> None:
        phone_of(self.karim)
        epoch = self.karim.session_epoch

        token = reset_access(self.karim, by=self.nadia, now=timezone.now())

        karim = User.objects.get(pk=self.karim.pk)
        self.assertEqual((karim.has_usable_password(), karim.session_epoch), (False, epoch + 1))
        self.assertFalse(TotpDevice.objects.filter(user=karim).exists())
        accept_invitation(token, sign_in_name="karim", password=NEW, now=timezone.now())
        self.assertEqual(Entry.objects.latest("n").detail, "purpose=reset")


class TheResponsiblePerson(PharmacyTestCase):
    def check_constraints(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def assert_database_refuses(self, sql: str) -> None:
        with (
            self.subTest(sql),
            self.assertRaises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, [self.karim.id] if "%s" in sql else None)
            self.check_constraints()

    def test_there_is_one_after_a_transfer_and_it_is_the_other(self) -> None:
        transfer_responsibility(to=self.claire, by=self.nadia, now=timezone.now())
        self.check_constraints()
        self.assertEqual([row.user for row in Responsibility.objects.all()], [self.claire])

    def test_a_preparateur_cannot_be_it(self) -> None:
        with self.assertRaises(NotFit):
            transfer_responsibility(to=self.karim, by=self.nadia, now=timezone.now())

    def test_it_cannot_be_closed_or_moved_out_of_pharmacy(self) -> None:
        nadia = User.objects.get(pk=self.nadia.pk)
        with self.assertRaises(IsResponsible):
            deactivate(nadia, by=self.claire, now=timezone.now())
        with self.assertRaises(IsResponsible):
            change_role(nadia, to=Role.PREPARATEUR, by=self.claire)
        change_role(nadia, to=Role.ADJOINT, by=self.claire)
        self.check_constraints()

    def test_the_database_refuses_none_two_and_unfit_ones(self) -> None:
        for sql in (
            "DELETE FROM team_responsibility",
            "INSERT INTO team_responsibility (id, user_id, since) VALUES (2, %s, now())",
            "INSERT INTO team_responsibility (id, user_id, since) VALUES (1, %s, now())",
            "UPDATE team_responsibility SET user_id = NULL",
            "UPDATE team_responsibility SET user_id = %s",
            "UPDATE team_user SET active = false WHERE sign_in_name = 'nadia'",
            "UPDATE team_user SET role = 'etudiant' WHERE sign_in_name = 'nadia'",
            "DELETE FROM team_user WHERE sign_in_name = 'nadia'",
        ):
            self.assert_database_refuses(sql)

    def test_one_may_leave_and_another_take_over_in_one_go_in_any_order(self) -> None:
        with transaction.atomic():
            User.objects.filter(pk=self.nadia.pk).update(active=False)
            Responsibility.objects.update(user=self.claire)
            self.check_constraints()


class CommittedForReal(CommittingPharmacyTestCase):
    def test_an_unfit_responsible_person_is_refused_at_commit(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=self.nadia.pk).update(active=False)
        self.assertTrue(User.objects.get(pk=self.nadia.pk).active)

    def test_the_owner_is_held_to_it_too(self) -> None:
        owner = connections[OWNER]
        owner.set_tenant(self.soleil, include_public=False)
        try:
            with self.assertRaises(IntegrityError):
                User.objects.using(OWNER).filter(pk=self.nadia.pk).update(role=Role.ETUDIANT)
        finally:
            owner.set_schema_to_public()


class Leaving(PharmacyTestCase):
    def test_whoever_leaves_keeps_name_and_journal(self) -> None:
        deactivate(self.karim, by=self.nadia, now=timezone.now())
        karim = User.objects.get(pk=self.karim.pk)
        self.assertEqual((karim.active, karim.display_name), (False, "Karim Belkacem"))
        self.assertTrue(karim.check_password(PASSWORD))
        self.assertEqual(Entry.objects.latest("n").event, "team:deactivate")
