"""Tests that the migrations say what the models say."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from tenants.context import leave
from tests.base import CommittingPharmacyTestCase


class Migrations(CommittingPharmacyTestCase):
    def test_no_migration_is_missing(self) -> None:
        leave()
        out = StringIO()

        try:
            call_command(
                "makemigrations", check=True, dry_run=True, verbosity=1, stdout=out, skip_checks=True
            )
        except SystemExit:
            self.fail(out.getvalue())
