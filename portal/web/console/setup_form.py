"""What is typed of a BAL: its servers, whom it trusts, and what opens it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings

from portal.mail.certificates import BadFile, Why, read_authorities, read_identity, read_revocations
from portal.mail.faults import Code
from portal.mailboxes.actions import Server
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox, MailboxKind, Security
from portal.mailboxes.operators import Operator
from portal.web.checks import is_loopback

HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
NAMES_ONLY = (
    "Écrivez le nom du serveur, tel que l’opérateur l’a donné : imap.operateur.fr. Pas d’adresse chiffrée."
)
DEMO_ONLY = "Ceci est une démonstration : elle ne parle qu’à l’opérateur du bac à sable, sur cette machine (localhost)."
NO_TRUST = (
    "Chargez les autorités de confiance (la chaîne IGC-Santé), ou choisissez un opérateur qui les apporte."
)
NO_OPENER = "Donnez le certificat de la pharmacie, le mot de passe de la boîte, ou les deux."
BAD_PORT = "Le port est un nombre, de 1 à 65535."
FILES = {
    Why.TOO_BIG: "Ce fichier est trop gros pour un certificat.",
    Why.NO_CERTIFICATE: "Il n’y a pas de certificat lisible dans ce fichier.",
    Why.NO_KEY: "La clé du certificat manque : joignez-la, ou chargez le fichier .p12 qui contient les deux.",
    Why.NO_LIST: "Il n’y a pas de liste de révocation lisible dans ce fichier.",
    Why.LOCKED: "Ce fichier ne s’ouvre pas avec ce mot de passe.",
    Why.OTHER_KEY: "Cette clé n’est pas celle de ce certificat.",
    Why.EXPIRED: "Ce certificat a expiré le {when:%d/%m/%Y} : demandez-en un nouveau à l’ANS (IGC-Santé).",
}
# Where a fault of the settings is shown.
FIELDS = {
    Code.SETTINGS_TRUST: ("trust", "Ces autorités ou cette liste de révocation sont illisibles."),
    Code.SETTINGS_CERTIFICATE: ("certificate", "Ce certificat ou sa clé est illisible."),
    Code.SETTINGS_ADDRESS: ("imap_host", "Un réglage contient un caractère interdit."),
}
PORT: dict[str, Any] = {
    "min_value": 1,
    "max_value": 65535,
    "error_messages": dict.fromkeys(("invalid", "min_value", "max_value"), BAD_PORT),
}


def said(bad: BadFile) -> str:
    """What is wrong with a file."""
    return FILES[bad.why].format(when=bad.when)


class ServersForm(forms.Form):
    label = forms.CharField(max_length=120)
    imap_host = forms.CharField(max_length=253)
    imap_port = forms.IntegerField(**PORT)
    imap_security = forms.ChoiceField(choices=Security.choices)
    smtp_host = forms.CharField(max_length=253)
    smtp_port = forms.IntegerField(**PORT)
    smtp_security = forms.ChoiceField(choices=Security.choices)
    folder = forms.CharField(max_length=100)
    login = forms.CharField(max_length=254, required=False)
    trust = forms.FileField(required=False)
    crl = forms.FileField(required=False)

    def clean_imap_host(self) -> str:
        return checked_host(self.cleaned_data["imap_host"])

    def clean_smtp_host(self) -> str:
        return checked_host(self.cleaned_data["smtp_host"])

    def clean_trust(self) -> str:
        """PEM; empty when no file was chosen."""
        return self._read("trust", read_authorities)

    def clean_crl(self) -> str:
        return self._read("crl", read_revocations)

    def imap(self) -> Server:
        return self._server("imap")

    def smtp(self) -> Server:
        return self._server("smtp")

    def _server(self, side: str) -> Server:
        typed = self.cleaned_data
        return Server(typed[f"{side}_host"], typed[f"{side}_port"], Security(typed[f"{side}_security"]))

    def _read(self, name: str, read: Any) -> str:
        file = self.cleaned_data[name]
        try:
            return str(read(file.read())) if file else ""
        except BadFile as bad:
            raise forms.ValidationError(said(bad)) from bad


class CredentialsForm(forms.Form):
    certificate = forms.FileField(required=False)
    key = forms.FileField(required=False)
    passphrase = forms.CharField(max_length=200, required=False, strip=False)
    password = forms.CharField(max_length=200, required=False, strip=False)

    def credentials(self) -> Credentials | None:
        """What opens the mailbox; None, with the reason beside the field, if it is no good."""
        typed = self.cleaned_data
        if not typed["certificate"]:
            if typed["password"]:
                return Credentials(password=typed["password"])
            self.add_error("certificate", NO_OPENER)
            return None
        key = typed["key"].read() if typed["key"] else b""
        try:
            mine = read_identity(typed["certificate"].read(), key, passphrase=typed["passphrase"])
        except BadFile as bad:
            self.add_error("passphrase" if bad.why is Why.LOCKED else "certificate", said(bad))
            return None
        return Credentials(password=typed["password"], certificate=mine.certificate, key=mine.key)


class NewMailboxForm(ServersForm, CredentialsForm):
    address = forms.CharField(max_length=254)
    kind = forms.ChoiceField(choices=MailboxKind.choices, initial=MailboxKind.ORG)
    operator = forms.CharField(max_length=200, required=False)


def checked_host(text: str) -> str:
    """A server's name in lower case. Raises ValidationError."""
    host = text.strip().lower().rstrip(".")
    if settings.DEMO and not is_loopback(host):
        raise forms.ValidationError(DEMO_ONLY)
    is_name = HOST.fullmatch(host) and (settings.DEMO or re.search(r"\.[a-z][a-z0-9-]*$", host))
    if not is_name:
        raise forms.ValidationError(NAMES_ONLY)
    return host


def of_mailbox(mailbox: Mailbox) -> dict[str, object]:
    """What the form of its settings begins with."""
    return {name: getattr(mailbox, name) for name in ServersForm.base_fields if name not in ("trust", "crl")}


def of_operator(operator: Operator) -> dict[str, object]:
    """What is known of an operator."""
    return {
        "operator": operator.slug,
        **_of_server("imap", operator.imap),
        **_of_server("smtp", operator.smtp),
    }


def _of_server(side: str, server: Server) -> dict[str, object]:
    return {
        f"{side}_host": server.host,
        f"{side}_port": server.port,
        f"{side}_security": server.security,
    }
