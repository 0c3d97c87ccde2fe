"""Give somebody a new access after a lost phone or password."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.audit.actions import OPERATOR
from portal.team.actions import reset_access
from portal.team.addresses import invitation_url, square
from portal.team.login import normal_name
from portal.team.models import User
from tenants.context import inside
from tenants.models import Pharmacy


class Command(BaseCommand):
    help = "Remet un nouvel accès : ferme les sessions, oublie téléphone et mot de passe, affiche un lien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA")
        parser.add_argument("--person", required=True, metavar="NOM", help="son nom de connexion")

    def handle(self, *args: Any, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        with inside(pharmacy):
            user = _person(options["person"])
            token = reset_access(user, by=OPERATOR, now=timezone.now())
        url = invitation_url(pharmacy, token)
        self.stdout.write(f"Lien de {user.display_name}, valable une fois et trois jours :\n{url}\n")
        self.stdout.write(square(url))


def _person(name: str) -> User:
    user = User.objects.filter(sign_in_name=normal_name(name)).first()
    if user is None:
        raise CommandError(f"Personne ne se connecte ici sous le nom « {name} ».")
    if not user.active:
        raise CommandError(f"Le compte de {user.display_name} est désactivé.")
    return user
