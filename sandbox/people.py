"""Who has a mailbox at the stand-in operator, and whom mail may reach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

OFFICINES = "officine-test.mssante.fr"
DOCTORS = "medecin-test.mssante.fr"
PATIENTS = "patient.mssante.fr"

SOLEIL = f"pharmacie-du-soleil@{OFFICINES}"
GARE = f"pharmacie-de-la-gare@{OFFICINES}"
DOCTOR = f"sylvain.petit@{DOCTORS}"
PATIENT = f"279035121518989@{PATIENTS}"  # the ANS' test identity

# The trust space of the sandbox: what a real operator reads in the national white list.
TRUSTED_DOMAINS = (OFFICINES, DOCTORS, PATIENTS, "labo-test.mssante.fr", "hopital-test.mssante.fr")

_INS = re.compile(r"[1-8][0-9]{4}(?:[0-9]{2}|2[ab])[0-9]{8}")  # 13 characters and the key, Corsica included
_CLOSED = re.compile(r"ferme\..*|199[0-9ab]{12}")


class Standing(Enum):
    """What the operator does with mail for an address."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Refusal:
    """An SMTP reply, and the enhanced status (RFC 3463) that goes in a report."""

    reply: str
    status: str


REFUSALS = {
    Standing.UNKNOWN: Refusal("550 5.1.1 Boite aux lettres inconnue", "5.1.1"),
    Standing.OUTSIDE: Refusal("550 5.7.1 Domaine hors de l'espace de confiance", "5.7.1"),
    Standing.CLOSED: Refusal("550 5.2.1 Boite aux lettres fermee", "5.2.1"),
}


def standing(address: str, *, known: bool) -> Standing:
    """How `address` stands; `known` says whether its mailbox exists already.

    Pharmacies' mailboxes must exist. Those of patients and of other professionals are made when first written
    to. An address that begins with `ferme.`, or an INS with 199, is accepted, then reported as closed.
    """
    local, _, domain = address.lower().rpartition("@")
    if domain not in TRUSTED_DOMAINS:
        return Standing.OUTSIDE
    if _CLOSED.fullmatch(local):
        return Standing.CLOSED
    if known:
        return Standing.OPEN
    if domain == OFFICINES or (domain == PATIENTS and not _INS.fullmatch(local)):
        return Standing.UNKNOWN
    return Standing.OPEN if local else Standing.UNKNOWN
