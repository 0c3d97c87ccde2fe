"""What can go wrong between us and the operator's servers, by name, and how to say it in French."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

NBSP = "\u00a0"
LONGEST_DETAIL = 200


class Code(StrEnum):
    """Why a connection, a fetch or a submission failed; the value is stored and logged."""

    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    THROTTLED = "throttled"
    DEFERRED = "deferred"
    PROTOCOL = "protocol"
    TOO_BIG = "too-big"
    REJECTED = "rejected"
    UNSAFE = "unsafe"
    LOGIN_REFUSED = "login-refused"
    LOGIN_UNSUPPORTED = "login-unsupported"
    FOLDER_MISSING = "folder-missing"
    STARTTLS_MISSING = "starttls-missing"
    STARTTLS_TAMPERED = "starttls-tampered"
    TLS_CHAIN = "tls-chain"
    TLS_EXPIRED = "tls-expired"
    TLS_NOT_YET_VALID = "tls-not-yet-valid"
    TLS_HOSTNAME = "tls-hostname"
    TLS_REVOKED = "tls-revoked"
    TLS_CRL = "tls-crl"
    TLS_PROTOCOL = "tls-protocol"
    TLS_CLIENT_CERTIFICATE = "tls-client-certificate"
    SETTINGS_TRUST = "settings-trust"
    SETTINGS_CERTIFICATE = "settings-certificate"
    SETTINGS_ADDRESS = "settings-address"


class TransportFault(Exception):
    """Something failed between us and the operator.

    `detail` is the server's own words, scrubbed: one short line without address, long number or credential,
    fit for a log. `when` is the date that goes with a certificate's fault.
    """

    def __init__(self, code: Code, detail: str = "", *, when: date | None = None) -> None:
        self.code = code
        self.detail = scrub(detail)
        self.when = when
        super().__init__(code, self.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else str(self.code)


class TemporaryFault(TransportFault):
    """Try again later: nothing was handed over."""


class PermanentFault(TransportFault):
    """This message will never pass as it is; others may."""


class MailboxFault(TransportFault):
    """The whole mailbox is stopped until someone mends it: certificate, password, settings, tampered line."""


_CAUSES = {
    Code.DNS: "Le nom du serveur de l'opérateur est introuvable.",
    Code.REFUSED: "Le serveur de l'opérateur refuse la connexion.",
    Code.TIMEOUT: "Le serveur de l'opérateur ne répond pas à temps.",
    Code.CLOSED: "Le serveur de l'opérateur a coupé la connexion.",
    Code.THROTTLED: "Le serveur de l'opérateur demande de ralentir.",
    Code.DEFERRED: "Le serveur de l'opérateur remet ce message à plus tard.",
    Code.PROTOCOL: "Le serveur de l'opérateur a donné une réponse incompréhensible.",
    Code.TOO_BIG: "Le message dépasse la taille admise.",
    Code.REJECTED: "Le serveur de l'opérateur refuse ce message.",
    Code.UNSAFE: "Le message contient des fins de ligne interdites et n'a pas été envoyé.",
    Code.LOGIN_REFUSED: "L'opérateur refuse l'identifiant ou le mot de passe de la boîte.",
    Code.LOGIN_UNSUPPORTED: "L'opérateur ne propose pas le mode de connexion choisi pour la boîte.",
    Code.FOLDER_MISSING: "Le dossier à relever n'existe pas dans la boîte.",
    Code.STARTTLS_MISSING: "Le serveur de l'opérateur ne propose pas de connexion chiffrée sur ce port.",
    Code.STARTTLS_TAMPERED: "La connexion a été modifiée avant d'être chiffrée; rien n'a été envoyé.",
    Code.TLS_CHAIN: "Le certificat du serveur ne vient pas de l'autorité de confiance attendue.",
    Code.TLS_EXPIRED: "Le serveur de l'opérateur présente un certificat expiré{when}.",
    Code.TLS_NOT_YET_VALID: "Le serveur de l'opérateur présente un certificat pas encore valable{when}.",
    Code.TLS_HOSTNAME: "Le certificat du serveur est établi pour un autre nom que celui de l'opérateur.",
    Code.TLS_REVOKED: "Le certificat du serveur de l'opérateur a été révoqué.",
    Code.TLS_CRL: "La liste des certificats révoqués manque ou n'est plus à jour.",
    Code.TLS_PROTOCOL: "Le serveur de l'opérateur n'accepte pas une connexion chiffrée assez sûre.",
    Code.TLS_CLIENT_CERTIFICATE: "L'opérateur n'accepte pas, ou n'a pas reçu, le certificat de la pharmacie.",
    Code.SETTINGS_TRUST: "Les autorités de confiance enregistrées pour la boîte sont illisibles.",
    Code.SETTINGS_CERTIFICATE: "Le certificat de la pharmacie ou sa clé est illisible.",
    Code.SETTINGS_ADDRESS: "Un réglage de la boîte contient un caractère interdit.",
}

_CALL_OPERATOR = "Signalez-le à votre opérateur MSSanté."
_RETRIED = "Un nouvel essai est fait automatiquement."

_REMEDIES = {
    Code.DNS: "Vérifiez le nom du serveur dans les réglages de la boîte et la connexion à Internet.",
    Code.REFUSED: f"{_RETRIED} Si cela dure, vérifiez le nom et le port du serveur.",
    Code.TIMEOUT: _RETRIED,
    Code.CLOSED: _RETRIED,
    Code.THROTTLED: _RETRIED,
    Code.DEFERRED: _RETRIED,
    Code.PROTOCOL: f"{_RETRIED} Si cela dure, signalez-le à votre opérateur MSSanté.",
    Code.TOO_BIG: "Réduisez les pièces jointes ou envoyez-les en plusieurs messages.",
    Code.REJECTED: "Lisez la réponse du serveur, corrigez le message puis renvoyez-le.",
    Code.UNSAFE: "Rédigez à nouveau le message.",
    Code.LOGIN_REFUSED: "Saisissez à nouveau l'identifiant et le mot de passe donnés par l'opérateur.",
    Code.LOGIN_UNSUPPORTED: "Choisissez un autre mode de connexion dans les réglages de la boîte.",
    Code.FOLDER_MISSING: "Corrigez le nom du dossier dans les réglages de la boîte.",
    Code.STARTTLS_MISSING: "Vérifiez le port et le type de chiffrement dans les réglages de la boîte.",
    Code.STARTTLS_TAMPERED: _CALL_OPERATOR,
    Code.TLS_CHAIN: "Vérifiez le nom du serveur et les autorités de confiance enregistrées.",
    Code.TLS_EXPIRED: _CALL_OPERATOR,
    Code.TLS_NOT_YET_VALID: f"Vérifiez l'heure du serveur Officinal. {_CALL_OPERATOR}",
    Code.TLS_HOSTNAME: "Vérifiez le nom du serveur dans les réglages de la boîte.",
    Code.TLS_REVOKED: _CALL_OPERATOR,
    Code.TLS_CRL: "Chargez la dernière liste de révocation de l'IGC-Santé.",
    Code.TLS_PROTOCOL: f"Vérifiez le port et le type de chiffrement. {_CALL_OPERATOR}",
    Code.TLS_CLIENT_CERTIFICATE: "Vérifiez le certificat enregistré pour la pharmacie et sa date de fin.",
    Code.SETTINGS_TRUST: "Enregistrez à nouveau la chaîne de certificats de l'IGC-Santé.",
    Code.SETTINGS_CERTIFICATE: "Enregistrez à nouveau le certificat, sa clé et le mot de passe de la clé.",
    Code.SETTINGS_ADDRESS: "Saisissez à nouveau les réglages de la boîte, sans retour à la ligne.",
}


def explain(fault: TransportFault) -> str:
    """One line of cause and one of what to do, in French, for the pharmacist: "cause\\nremedy"."""
    return f"{cause(fault.code, when=fault.when)}\n{remedy(fault.code)}"


def cause(code: Code, *, when: date | None = None) -> str:
    """What happened, in one French sentence; `when` is shown where a certificate's date explains it."""
    shown = f" ({when:%d/%m/%Y})" if when else ""
    return _typeset(_CAUSES[code].format(when=shown))


def remedy(code: Code) -> str:
    """What the pharmacist can do about it, in French."""
    return _typeset(_REMEDIES[code])


def scrub(text: str) -> str:
    """A server's words as one short printable line without addresses, secrets or long numbers."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    line = re.sub(r"<[^>]*>|\S*@\S*", "<…>", line)
    line = re.sub(r"[A-Za-z0-9+/=_-]{24,}", "…", line)
    line = re.sub(r"\d[\d ]{4,}\d", "…", line)
    return " ".join(line.split())[:LONGEST_DETAIL]


def _typeset(text: str) -> str:
    """French typography: a curly apostrophe, and a no-break space before high punctuation."""
    return re.sub(r" ?([;:!?])", NBSP + r"\1", text.replace("'", "’"))
