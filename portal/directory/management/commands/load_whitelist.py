"""Load the white list of MSSanté domains; a bad file changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.directory.loads import note_refusal
from portal.directory.models import Reference
from portal.directory.sources import NoSource, given
from portal.directory.whitelist import Shrunk, replace_whitelist
from portal.directory.whitelist_file import MAX_BYTES, BadWhitelist, read_whitelist

KEPT = "La liste en place est conservée."


class Command(BaseCommand):
    help = "Charge la liste blanche MSSanté (XML de l’espace de confiance, ou un domaine par ligne)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", nargs="?", default="", metavar="SOURCE", help="sinon celle de WHITELIST_SOURCE"
        )
        parser.add_argument(
            "--force", action="store_true", help="accepte une liste qui a perdu beaucoup de domaines"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            domains = _read(options["source"] or settings.WHITELIST_SOURCE)
            added, removed = replace_whitelist(domains, forced=options["force"])
        except (NoSource, BadWhitelist) as error:
            note_refusal(Reference.WHITELIST, str(error))
            raise CommandError(f"{error} {KEPT}") from error
        except Shrunk as error:
            note_refusal(Reference.WHITELIST, str(error))
            raise CommandError(f"{error} --force pour l’accepter. {KEPT}") from error
        if options["verbosity"]:
            self.stdout.write(
                f"Liste blanche : {len(domains)} domaines ({added} ajoutés, {removed} retirés)."
            )


def _read(source: str) -> set[str]:
    with given(source, most_bytes=MAX_BYTES, authorities=settings.REFERENCE_CA) as found:
        return read_whitelist(found.file.read(MAX_BYTES + 1))
