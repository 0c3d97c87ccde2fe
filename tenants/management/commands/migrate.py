"""Migrate `public`, then the pharmacies that lag; name those that failed."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate

from tenants.connections import OWNER, owner
from tenants.fences import fence_public
from tenants.migrating import lagging, migrate_schema
from tenants.models import Pharmacy
from tenants.recording import record

logger = logging.getLogger(__name__)


class Command(DjangoMigrate):
    help = "Migre le schéma public, puis chaque pharmacie en retard. Seules celles qui échouent ne sont pas servies."

    def get_check_kwargs(self, options: Any) -> Any:
        """Check the owner's database alone: what others would look at is not there before the first migration."""
        kwargs: Any = super().get_check_kwargs(options)
        return {**kwargs, "databases": [OWNER]}

    def handle(self, *args: Any, **options: Any) -> None:
        if options["app_label"]:
            raise CommandError("Officinal migre tout ou rien ; ne nommez pas d’application.")
        options["database"] = OWNER
        owner().set_schema_to_public()
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        fence_public()
        failed = self._migrate_pharmacies(options["verbosity"])
        self._record()
        if failed:
            names = ", ".join(f"{pharmacy.name} ({pharmacy.schema_name})" for pharmacy in failed)
            raise CommandError(f"Migration impossible, et portail fermé, pour : {names}.")

    def _migrate_pharmacies(self, verbosity: int) -> list[Pharmacy]:
        behind = lagging(Pharmacy.objects.using(OWNER).order_by("schema_name").iterator())
        failed = [pharmacy for pharmacy in behind if not self._migrate_one(pharmacy)]
        if verbosity:
            self.stdout.write(f"{len(behind) - len(failed)} pharmacie(s) migrée(s).")
        return failed

    @staticmethod
    def _record() -> None:
        """For the pharmacies to come, which are opened all the same if this fails, in seconds instead of at once."""
        try:
            record()
        except Exception:
            logger.exception("recording the migrations failed; pharmacies are opened by running them")

    def _migrate_one(self, pharmacy: Pharmacy) -> bool:
        try:
            migrate_schema(pharmacy.schema_name)
        except Exception:
            # The outermost loop: one pharmacy's failure must not keep the others from being served.
            logger.exception("migrating %s failed", pharmacy.schema_name)
            self._set_current(pharmacy, value=False)
            return False
        if not pharmacy.schema_current:
            self._set_current(pharmacy, value=True)
        return True

    @staticmethod
    def _set_current(pharmacy: Pharmacy, *, value: bool) -> None:
        Pharmacy.objects.using(OWNER).filter(pk=pharmacy.pk).update(schema_current=value)
