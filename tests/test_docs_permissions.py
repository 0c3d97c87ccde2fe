"""docs/permissions.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import TestCase

from portal.team.models import Role
from portal.team.policy import GRANTS, RESPONSIBLE, Permission

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"


def table() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class PermissionsPage(TestCase):
    def setUp(self) -> None:
        head, _, *self.rows = table()
        self.columns = head[2:]

    def test_every_permission_has_its_line_and_no_other(self) -> None:
        named = [re.sub("`", "", row[0]) for row in self.rows]
        self.assertEqual(named, [permission.value for permission in Permission])

    def test_every_role_has_its_column(self) -> None:
        self.assertEqual(self.columns, [*(role.value for role in Role), "responsible person"])

    def test_each_cell_is_what_the_code_grants(self) -> None:
        for name, _, *cells in self.rows:
            permission = Permission(name.strip("`"))
            granted = ["yes" if permission in GRANTS[role] else "no" for role in Role]
            by_responsibility = "yes" if permission in RESPONSIBLE else "-"
            with self.subTest(name):
                self.assertEqual(cells, [*granted, by_responsibility])
