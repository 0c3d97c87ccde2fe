"""Load the white list of MSSanté domains; a bad file changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.directory.models import TrustedDomain
from portal.directory.whitelist import OWNER, replace_whitelist
from portal.directory.whitelist_file import MAX_BYTES, BadWhitelist, read_whitelist

KEPT = "La liste en place est conservée."


class Command(BaseCommand):
    help = "Charge la liste blanche MSSanté (XML de l’espace de confiance, ou un domaine par ligne)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER")
        parser.add_argument(
            "--force",
            action="store_true",
            help="accepte une liste qui perd plus de la moitié de ses domaines",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        domains = self._read(options["file"])
        if not options["force"]:
            self._refuse_shrinking(domains)
        added, removed = replace_whitelist(domains)
        if options["verbosity"]:
            self.stdout.write(
                f"Liste blanche : {len(domains)} domaines ({added} ajoutés, {removed} retirés)."
            )

    @staticmethod
    def _read(path: Path) -> set[str]:
        try:
            with path.open("rb") as file:
                return read_whitelist(file.read(MAX_BYTES + 1))
        except OSError as error:
            raise CommandError(f"Fichier illisible : {error.strerror}. {KEPT}") from error
        except BadWhitelist as error:
            raise CommandError(f"{error} {KEPT}") from error

    @staticmethod
    def _refuse_shrinking(domains: set[str]) -> None:
        """A file cut in its middle may still be well formed: a list does not lose half its domains overnight."""
        known = TrustedDomain.objects.using(OWNER).count()
        if len(domains) * 2 < known:
            raise CommandError(
                f"Le fichier ne contient que {len(domains)} domaines contre {known} en place ; "
                f"--force pour l’accepter. {KEPT}"
            )
