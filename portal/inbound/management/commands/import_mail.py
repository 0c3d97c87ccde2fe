"""Bring files of messages (.eml, mbox, Maildir) into a pharmacy's mailbox, and say what became of each."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal.inbound.importing import TooLarge, keep
from portal.inbound.letters import Letter, letters_in
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.inbound.reasons import sentence
from portal.mailboxes.models import Mailbox, MailboxKind
from tenants.context import inside
from tenants.models import Pharmacy

AT_ONCE = 50
SAID = {
    RawState.FILED: "classé",
    RawState.REPORT: "accusé, rattaché à son envoi",
    RawState.STORED: "gardé, pas encore classé",
}


class Command(BaseCommand):
    help = "Importe des messages (.eml, mbox, Maildir, ou dossiers qui en contiennent) dans la BAL d’une pharmacie."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA", help="voir list_pharmacies")
        parser.add_argument("--mailbox", metavar="ADRESSE", help="si la pharmacie a plusieurs BAL partagées")
        parser.add_argument("paths", nargs="+", type=Path, metavar="CHEMIN")

    def handle(self, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        with inside(pharmacy):
            mailbox = _mailbox(options["mailbox"])
            letters = letters_in(options["paths"])
            lost = 0
            while group := list(islice(letters, AT_ONCE)):
                lost += self._import(mailbox, group)
        if lost:
            raise CommandError(f"{lost} message(s) non gardé(s).")

    def _import(self, mailbox: Mailbox, letters: Sequence[Letter]) -> int:
        """Keep these messages, file them, say so; the number of those that could not be kept."""
        kept: dict[Letter, RawMessage] = {}
        lost = 0
        for letter in letters:
            try:
                raw = keep(mailbox, letter.read())
            except TooLarge:
                lost += self._lost(letter, "trop volumineux")
            except OSError:
                lost += self._lost(letter, "illisible sur le disque")
            except DatabaseError:
                lost += self._lost(letter, "non gardé, la base de données le refuse")
            else:
                if raw is None:
                    self.stdout.write(f"{letter} : déjà là")
                else:
                    kept[letter] = raw
        process_stored(wait=True)
        states = RawMessage.objects.defer("inline").in_bulk([raw.pk for raw in kept.values()])
        for letter, raw in kept.items():
            self.stdout.write(f"{letter} : {_said(states[raw.pk])}")
        return lost

    def _lost(self, letter: Letter, why: str) -> int:
        self.stderr.write(f"{letter} : {why}")
        return 1


def _said(raw: RawMessage) -> str:
    if raw.state == RawState.QUARANTINED:
        return f"quarantaine. {sentence(raw.reason)}"
    return SAID[RawState(raw.state)]


def _mailbox(address: str | None) -> Mailbox:
    shared = Mailbox.objects.exclude(kind=MailboxKind.PER)
    found = list(Mailbox.objects.filter(address=address.lower()) if address else shared)
    if not found:
        raise CommandError("La pharmacie n’a pas cette BAL." if address else "La pharmacie n’a pas de BAL.")
    if len(found) > 1:
        raise CommandError("La pharmacie a plusieurs BAL : indiquez --mailbox.")
    return found[0]
