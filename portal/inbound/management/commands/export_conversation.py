"""Write a conversation into a zip: for a patient who asks for it, or a dispute."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from portal.conversations.models import Conversation
from portal.inbound.exporting import export_conversation
from tenants.context import inside
from tenants.models import Pharmacy


class Command(BaseCommand):
    help = (
        "Écrit une conversation dans un zip : ses messages (.eml) et la trace de ce qui en a été fait (JSON)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA", help="voir list_pharmacies")
        parser.add_argument("--to", required=True, type=Path, metavar="FICHIER", help="un fichier nouveau")
        parser.add_argument(
            "conversation", type=UUID, help="l’identifiant qui suit /echange/ dans son adresse"
        )

    def handle(self, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        with inside(pharmacy):
            if not Conversation.objects.filter(pk=options["conversation"]).exists():
                raise CommandError("La pharmacie n’a pas cette conversation.")
            mails = self._write(options["conversation"], options["to"])
        self.stdout.write(f"{mails} message(s) dans {options['to']}. Ce fichier n’est pas chiffré.")

    def _write(self, conversation_id: UUID, to: Path) -> int:
        """For its owner's eyes alone: health data in clear."""
        try:
            descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{to} : {error.strerror}.") from error
        with os.fdopen(descriptor, "wb") as file:
            return export_conversation(conversation_id, file)
