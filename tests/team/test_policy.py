"""What a role allows, and what the responsibility adds."""

from __future__ import annotations

from portal.team.models import Role, User
from portal.team.policy import Permission, allows
from tests.base import PharmacyTestCase


class Policy(PharmacyTestCase):
    def test_everybody_reads_and_writes(self) -> None:
        for role in Role:
            person = User(sign_in_name="x", role=role)
            for permission in (Permission.READ, Permission.REPLY, Permission.COMPOSE, Permission.SUBMIT):
                with self.subTest(f"{role} {permission}"):
                    self.assertTrue(allows(person, permission))

    def test_a_pharmacist_sends_anything_and_the_others_templates(self) -> None:
        for role in Role:
            person = User(sign_in_name="x", role=role)
            with self.subTest(role):
                self.assertTrue(allows(person, Permission.SEND_TEMPLATE))
                for permission in (Permission.SEND, Permission.APPROVE):
                    self.assertEqual(allows(person, permission), person.is_pharmacist)

    def test_only_pharmacists_decide_on_an_uncertain_message(self) -> None:
        self.assertTrue(allows(self.claire, Permission.RESOLVE_UNCERTAIN))
        self.assertFalse(allows(self.karim, Permission.RESOLVE_UNCERTAIN))

    def test_the_console_is_the_responsible_persons_whatever_the_role(self) -> None:
        other = User.objects.create(sign_in_name="paul", display_name="Paul", role=Role.TITULAIRE)
        self.assertTrue(allows(self.nadia, Permission.INVITE))
        self.assertFalse(allows(other, Permission.INVITE))
        self.assertFalse(allows(self.claire, Permission.READ_JOURNAL))
