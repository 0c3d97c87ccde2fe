"""Prepare the demonstration's pharmacies; refused anywhere else."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.web import seeding, seeding_form
from portal.web.demo.opening import open_for_patients
from sandbox import directory, people, pictures
from sandbox.authority import Authority
from sandbox.operator import Ports


class Command(BaseCommand):
    help = "Prépare les deux pharmacies de la démonstration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sandbox", type=Path, required=True, help="dossier de l’opérateur de démonstration"
        )
        parser.add_argument("--ports", type=json.loads, required=True, help="ses ports, en JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Cette commande ne sert qu’à la démonstration (DEMO=1).")
        authority = Authority(options["sandbox"] / "pki")
        ports = Ports(imap=options["ports"]["imap"], smtp=options["ports"]["smtp"])
        seeding.trust(people.TRUSTED_DOMAINS)
        directory.write(options["sandbox"] / "annuaire.txt", directory.USUAL_ROWS)
        seeding.know_the_country(options["sandbox"])
        rows = []
        for wanted, address in ((seeding.SOLEIL, people.SOLEIL), (seeding.GARE, people.GARE)):
            pharmacy = seeding.open_demo_pharmacy(wanted)
            seeding.connect_mailbox(pharmacy, _mailbox(authority, address, ports))
            seeding.live_through_the_morning(pharmacy)
            open_for_patients(pharmacy)
            if wanted is seeding.SOLEIL:
                seeding.be_on_garde_and_away(pharmacy, away="lea")
                seeding.be_told(pharmacy)
                seeding_form.receive_requests(pharmacy, *_ordonnances())
            rows += [
                {"pharmacy": wanted.name, "name": name, "role": str(role.label), "sign_in": sign_in}
                for sign_in, name, role in wanted.people
            ]
        # Refuses to go on if a mailbox of the demonstration is anywhere but on this machine.
        call_command("check", databases=["default"], stdout=StringIO())
        Path(settings.DEMO_FOLDER, "people.json").write_text(json.dumps(rows, ensure_ascii=False))


def _ordonnances() -> tuple[list[bytes], bytes]:
    """What the patients of the form photographed, and what one of them has as a PDF."""
    head = ("Dr Sophie Martin", "Médecine générale", "3 place du Marché, 58000 Nevers")
    first = pictures.Sheet(
        head,
        ("Camille MOREAU, née le 14/03/1962", "Nevers, le 24 novembre 2026"),
        ("Paracétamol 1 g, 3 par jour, 5 jours", "Amoxicilline 1 g, 3 par jour, 6 jours"),
        "Page 1 sur 2",
    )
    second = pictures.Sheet(
        head,
        ("Camille MOREAU, née le 14/03/1962",),
        ("Ventoline 100 µg, si besoin", "Sérum physiologique, 1 boîte"),
        "Page 2 sur 2",
    )
    paper = pictures.Sheet(
        head,
        ("Henri LAMBERT, né le 02/11/1948", "Nevers, le 2 novembre 2026"),
        ("Bisoprolol 2,5 mg, le matin", "Ramipril 5 mg, le soir", "À renouveler 3 mois"),
    )
    return [pictures.photo(first), pictures.photo(second, tilt=-2.5)], pictures.pdf([paper])


def _mailbox(authority: Authority, address: str, ports: Ports) -> seeding.DemoMailbox:
    pair = authority.keep(f"client.{address}", lambda: authority.client(address))
    return seeding.DemoMailbox(
        address=address,
        certificate=pair.certificate.decode(),
        key=pair.key.decode(),
        trust=authority.trust.decode(),
        crl=authority.crl.decode(),
        imap_port=ports.imap,
        smtp_port=ports.smtp,
    )
