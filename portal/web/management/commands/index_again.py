"""Ask every pharmacy's worker to read what the search does not know yet, now instead of in the coming night."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.conversations.models import Attachment, Message, WordsState
from portal.records.indexing import ask_again
from tenants.context import inside
from tenants.models import Pharmacy


class Command(BaseCommand):
    help = (
        "Demande la lecture de ce que la recherche ne connaît pas encore : pièces jointes, anciens messages."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pharmacy", metavar="SCHEMA", help="une seule pharmacie (voir list_pharmacies)")
        parser.add_argument("--all", action="store_true", help="relire aussi ce qui a déjà été lu")

    def handle(self, **options: Any) -> None:
        pharmacies = Pharmacy.objects.order_by("name")
        if options["pharmacy"]:
            pharmacies = pharmacies.filter(schema_name=options["pharmacy"])
        if not pharmacies:
            raise CommandError("Aucune pharmacie ne répond à ce nom.")
        for pharmacy in pharmacies:
            if pharmacy.schema_current:
                with inside(pharmacy), transaction.atomic():
                    self.stdout.write(f"{pharmacy.name} : {_ask(everything=options['all'])} à lire.")


def _ask(*, everything: bool) -> int:
    if everything:
        Attachment.objects.exclude(words=WordsState.NONE).update(words=WordsState.WAITING)
        Message.objects.update(indexed=0)
    ask_again()
    return Attachment.objects.filter(words=WordsState.WAITING).count()
