"""Check the journals: say which row was altered, removed, inserted, reordered, or where the end was cut."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit.anchors import AnchorForged, NoAnchorKey
from portal.audit.chain import End, Fault, Finding
from portal.audit.checking import anchors_by_pharmacy, check_journal
from tenants.context import inside
from tenants.models import Pharmacy

WORDS = {
    Fault.ALTERED: "a été modifiée",
    Fault.REMOVED: "a été supprimée",
    Fault.INSERTED: "a été ajoutée après coup",
    Fault.REORDERED: "a changé de place",
    Fault.CUT: "et les suivantes manquent : la fin du journal a été coupée",
}


class Command(BaseCommand):
    help = "Vérifie la chaîne du journal de chaque pharmacie, et nomme la première ligne fautive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pharmacy", metavar="SCHEMA", help="une seule pharmacie")

    def handle(self, *args: Any, **options: Any) -> None:
        marks = self._marks()
        pharmacies = _pharmacies(options["pharmacy"])
        faulty = [
            pharmacy for pharmacy in pharmacies if not self._check(pharmacy, marks.get(pharmacy.id, []))
        ]
        if faulty:
            raise CommandError(f"{len(faulty)} journal ou journaux à examiner.")

    @staticmethod
    def _marks() -> dict[UUID, list[End]]:
        try:
            return anchors_by_pharmacy()
        except NoAnchorKey as error:
            raise CommandError("ANCHOR_KEY manque : sans elle, une fin coupée ne se verrait pas.") from error
        except AnchorForged as error:
            raise CommandError(f"Ancrages : la ligne {error} ne porte pas notre signature.") from error

    def _check(self, pharmacy: Pharmacy, marks: list[End]) -> bool:
        with inside(pharmacy):
            check = check_journal(marks)
        if check.finding is None:
            self.stdout.write(f"{pharmacy.schema_name} : {check.entries} lignes, chaîne entière.")
            return True
        self.stdout.write(f"{pharmacy.schema_name} : {_sentence(check.finding)}")
        return False


def _sentence(finding: Finding) -> str:
    if finding.until is not None and finding.until != finding.n:
        return f"une ligne entre {finding.n} et {finding.until} {WORDS[finding.fault]}."
    return f"la ligne {finding.n} {WORDS[finding.fault]}."


def _pharmacies(schema: str | None) -> list[Pharmacy]:
    pharmacies = Pharmacy.objects.order_by("schema_name")
    if schema is None:
        return list(pharmacies)
    found = list(pharmacies.filter(schema_name=schema))
    if not found:
        raise CommandError(f"Aucune pharmacie n’a le schéma {schema}.")
    return found
