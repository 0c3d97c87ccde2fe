"""Open the portal of a suspended pharmacy again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit.actions import OPERATOR
from portal.team.service import resume
from tenants.models import Pharmacy


class Command(BaseCommand):
    help = "Remet en service une pharmacie suspendue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA")

    def handle(self, *args: Any, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        changed = resume(pharmacy, by=OPERATOR)
        self.stdout.write(f"{pharmacy.name} {'est en service.' if changed else 'était déjà en service.'}")
