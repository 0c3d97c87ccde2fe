"""Open a BAL from the command line: servers, authorities, certificate or password."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit.actions import OPERATOR
from portal.mail.addresses import BadAddress
from portal.mail.faults import MailboxFault, cause
from portal.mailboxes.actions import AddressTaken, NothingToLogInWith, Server, add_mailbox
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import MailboxKind, Security
from portal.team.models import User
from tenants.context import inside
from tenants.models import Pharmacy

IMAP_PORTS = {Security.IMPLICIT: 993, Security.STARTTLS: 143}
SMTP_PORTS = {Security.IMPLICIT: 465, Security.STARTTLS: 587}


class Command(BaseCommand):
    help = "Ajoute une BAL MSSanté à une pharmacie ; elle est relevée aussitôt."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pharmacy", required=True, metavar="SCHEMA", help="voir list_pharmacies")
        parser.add_argument("--address", required=True, help="adresse de la BAL")
        parser.add_argument("--label", help="nom que lisent les correspondants (celui de la pharmacie)")
        parser.add_argument("--kind", choices=MailboxKind.values, default=MailboxKind.ORG)
        parser.add_argument("--owner", metavar="IDENTIFIANT", help="titulaire d’une BAL personnelle (PER)")
        parser.add_argument("--imap", required=True, metavar="HÔTE[:PORT]")
        parser.add_argument("--smtp", required=True, metavar="HÔTE[:PORT]")
        parser.add_argument("--security", choices=Security.values, default=Security.IMPLICIT)
        parser.add_argument("--folder", default="INBOX", help="dossier à relever")
        parser.add_argument("--trust", required=True, type=Path, metavar="PEM", help="autorités de confiance")
        parser.add_argument("--crl", type=Path, metavar="PEM", help="liste de révocation")
        parser.add_argument("--certificate", type=Path, metavar="PEM")
        parser.add_argument("--key", type=Path, metavar="PEM", help="clé du certificat")
        parser.add_argument("--passphrase-file", type=Path, help="fichier du mot de passe de la clé")
        parser.add_argument("--login", default="", help="identifiant, si ce n’est pas l’adresse")
        parser.add_argument("--password-file", type=Path, help="fichier du mot de passe de la BAL")

    def handle(self, **options: Any) -> None:
        pharmacy = Pharmacy.objects.filter(schema_name=options["pharmacy"]).first()
        if pharmacy is None:
            raise CommandError(f"Aucune pharmacie n’a le schéma {options['pharmacy']}.")
        with inside(pharmacy):
            self._add(pharmacy, options)
        self.stdout.write(f"BAL {options['address']} ajoutée.")

    def _add(self, pharmacy: Pharmacy, options: dict[str, Any]) -> None:
        security = Security(options["security"])
        try:
            add_mailbox(
                address=options["address"],
                label=options["label"] or pharmacy.name,
                kind=MailboxKind(options["kind"]),
                owner=_owner(options),
                imap=_server(options["imap"], security, IMAP_PORTS),
                smtp=_server(options["smtp"], security, SMTP_PORTS),
                folder=options["folder"],
                login=options["login"],
                credentials=_credentials(options),
                trust_pem=_text(options["trust"]),
                crl_pem=_text(options["crl"]),
                by=OPERATOR,
            )
        except BadAddress as error:
            raise CommandError(f"{options['address']!r} n’est pas une adresse de messagerie.") from error
        except MailboxFault as fault:
            raise CommandError(cause(fault.code, when=fault.when)) from fault
        except NothingToLogInWith as error:
            raise CommandError("Indiquez un certificat (--certificate, --key) ou un mot de passe.") from error
        except AddressTaken as error:
            raise CommandError(f"La pharmacie a déjà la BAL {options['address']}.") from error


def _owner(options: dict[str, Any]) -> User | None:
    if (options["kind"] == MailboxKind.PER) != bool(options["owner"]):
        raise CommandError("Une BAL personnelle (PER), et elle seule, a un titulaire (--owner).")
    if not options["owner"]:
        return None
    owner = User.objects.filter(sign_in_name=options["owner"], active=True).first()
    if owner is None:
        raise CommandError(f"Personne ne se connecte sous le nom {options['owner']}.")
    return owner


def _server(given: str, security: Security, ports: dict[Security, int]) -> Server:
    host, colon, port = given.rpartition(":")
    if not colon:
        return Server(given, ports[security], security)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandError(f"{given!r} n’est pas un serveur : écrivez hôte ou hôte:port.")
    return Server(host, int(port), security)


def _credentials(options: dict[str, Any]) -> Credentials:
    if bool(options["certificate"]) != bool(options["key"]):
        raise CommandError("Un certificat va avec sa clé : indiquez --certificate et --key.")
    return Credentials(
        password=_text(options["password_file"]).strip("\r\n"),
        certificate=_text(options["certificate"]),
        key=_text(options["key"]),
        passphrase=_text(options["passphrase_file"]).strip("\r\n"),
    )


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} est illisible.") from error
