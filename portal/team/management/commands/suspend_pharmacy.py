"""Close the portal of a pharmacy: everybody is answered 503, nothing is fetched or sent."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit.actions import OPERATOR
from portal.team.service import suspend
from tenants.models import Pharmacy


class Command(BaseCommand):
    help = "Ferme le portail d’une pharmacie : plus rien n’est servi, relevé ni envoyé. Rien n’est perdu."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA")

    def handle(self, *args: Any, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        changed = suspend(pharmacy, by=OPERATOR)
        self.stdout.write(f"{pharmacy.name} {'est suspendue.' if changed else 'était déjà suspendue.'}")
