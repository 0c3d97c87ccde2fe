"""Load the daily extraction of the Annuaire Santé; a damaged file changes nothing."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.directory.extraction import BadExtraction, opened
from portal.directory.loading import Busy, Implausible, replace_directory
from portal.directory.loads import note_refusal
from portal.directory.models import Load, Reference
from portal.directory.sources import NoSource, given

KEPT = "L’annuaire en place est conservé."


class Command(BaseCommand):
    help = (
        "Charge l’extraction quotidienne de l’Annuaire Santé (fichier texte ou ZIP, dossier, adresse HTTPS)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", nargs="?", default="", metavar="SOURCE", help="sinon celle de DIRECTORY_SOURCE"
        )
        parser.add_argument(
            "--force", action="store_true", help="accepte un fichier qui a perdu beaucoup d’adresses"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            load = _load(options["source"] or settings.DIRECTORY_SOURCE, forced=options["force"])
        except Busy as error:
            raise CommandError(f"Un autre chargement est en cours. {KEPT}") from error
        except (NoSource, BadExtraction) as error:
            note_refusal(Reference.DIRECTORY, str(error))
            raise CommandError(f"{error} {KEPT}") from error
        except Implausible as error:
            note_refusal(Reference.DIRECTORY, str(error))
            raise CommandError(f"{error} --force pour l’accepter. {KEPT}") from error
        if options["verbosity"]:
            self.stdout.write(_told(load, time.monotonic() - began))


def _load(source: str, *, forced: bool) -> Load:
    most_bytes = settings.DIRECTORY_MAX_BYTES
    with given(source, most_bytes=most_bytes, authorities=settings.REFERENCE_CA) as found:
        extraction = opened(
            found.file, found.name, most_bytes=most_bytes, most_broken=settings.DIRECTORY_BAD_LINES
        )
        return replace_directory(extraction, forced=forced)


def _told(load: Load, seconds: float) -> str:
    moves = f"{load.added} ajoutées, {load.changed} modifiées, {load.removed} retirées"
    left_out = f" ; {load.left_out} lignes inutilisables laissées de côté" if load.left_out else ""
    return f"Annuaire : {load.rows} lignes en {seconds:.0f} s (adresses : {moves}){left_out}."
