"""Open a pharmacy and print the invitation of its titulaire, who is responsible for its BAL."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.audit.actions import OPERATOR, record
from portal.audit.events import Event
from portal.lib.finess import WrongFiness, checked_finess
from portal.team.actions import BadName, appoint, checked_name, invite
from portal.team.addresses import invitation_url, square
from portal.team.models import Role
from portal.vault.keys import new_keyring
from tenants.fences import OWNER
from tenants.models import Pharmacy
from tenants.provisioning import CONTENT_PREFIX, AlreadyThere, NewPharmacy, provision

HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Command(BaseCommand):
    help = "Ouvre une pharmacie et affiche le lien d’invitation de son titulaire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="« Pharmacie du Soleil »")
        parser.add_argument("--finess", required=True, help="numéro FINESS de l’établissement")
        parser.add_argument("--host", required=True, help="nom d’hôte du portail, sans https://")
        parser.add_argument("--titulaire", required=True, help="prénom et nom")
        parser.add_argument("--sign-in-name", default="", help="nom de connexion (par défaut, le prénom)")
        parser.add_argument("--address", default="", help="adresse postale")
        parser.add_argument("--accent", default="", help="couleur, comme #0b6b4c")

    def handle(self, *args: Any, **options: Any) -> None:
        new = _new_pharmacy(options)
        invited = _Invitation(options["titulaire"].strip(), options["sign_in_name"])
        try:
            pharmacy = provision(new, then=invited.write)
        except AlreadyThere as error:
            raise CommandError(str(error)) from error
        url = invitation_url(pharmacy, invited.token)
        self.stdout.write(f"{pharmacy.name} est ouverte (schéma {pharmacy.schema_name}).")
        self.stdout.write(f"Lien de {invited.display_name}, valable une fois et trois jours :\n{url}\n")
        self.stdout.write(square(url))


class _Invitation:
    """The titulaire's account and responsibility, written with the pharmacy itself."""

    def __init__(self, display_name: str, sign_in_name: str) -> None:
        if not display_name:
            raise CommandError("Le nom du titulaire est vide.")
        self.display_name = display_name
        self.sign_in_name = _sign_in_name(sign_in_name or display_name.split()[0])
        self.token = ""

    def write(self, pharmacy: Pharmacy) -> None:
        user, self.token = invite(
            sign_in_name=self.sign_in_name,
            display_name=self.display_name,
            role=Role.TITULAIRE,
            by=OPERATOR,
            now=timezone.now(),
            using=OWNER,
        )
        appoint(user, by=OPERATOR, using=OWNER)
        record(Event.PHARMACY_CREATE, by=OPERATOR, on=("pharmacy", pharmacy.id), using=OWNER)


def _new_pharmacy(options: dict[str, Any]) -> NewPharmacy:
    host, accent, name = options["host"].strip().lower(), options["accent"], options["name"].strip()
    if not HOST.fullmatch(host) or host.startswith(CONTENT_PREFIX):
        raise CommandError(f"« {options['host']} » n’est pas un nom d’hôte, comme soleil.exemple.fr.")
    if accent and not COLOUR.fullmatch(accent):
        raise CommandError(f"« {accent} » n’est pas une couleur, comme #0b6b4c.")
    if not name:
        raise CommandError("Le nom de la pharmacie est vide.")
    try:
        finess = checked_finess(options["finess"])
    except WrongFiness as error:
        raise CommandError(str(error)) from error
    return NewPharmacy(
        name=name, finess=finess, host=host, keyring=new_keyring, address=options["address"], accent=accent
    )


def _sign_in_name(typed: str) -> str:
    plain = unicodedata.normalize("NFKD", typed).encode("ascii", "ignore").decode()
    try:
        return checked_name(plain)
    except BadName as error:
        raise CommandError(
            f"« {typed} » ne peut pas être un nom de connexion ; choisissez-le par --sign-in-name."
        ) from error
