"""Who is this correspondent: from an address of Mon espace santé to a patient (mssante 3.1, 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.mail.addresses import Address
from portal.patients.models import InsStatus, Patient
from portal.vault.index import fingerprint

INS = re.compile(r"[1-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}")
CORSICA = {"2A": "19", "2B": "18"}
# Defects of a received mail: shown as warnings, never a reason to refuse it.
BAD_KEY = "ins-key"
NOT_AN_INS = "ins-form"


@dataclass(frozen=True)
class Correspondent:
    """`patient` is set for an address of Mon espace santé that holds an INS."""

    address: Address
    patient: Patient | None = None
    defects: tuple[str, ...] = ()

    @property
    def is_patient(self) -> bool:
        return self.address.is_patient()


def identify(address: Address) -> Correspondent:
    """Who writes. A patient seen for the first time is created, `provisoire`, named as the label says.

    Only the address counts: it is guaranteed by the espace de confiance, its label by nobody. Two callers at once
    find the same patient. Call it inside a transaction.
    """
    if not address.is_patient():
        return Correspondent(address)
    ins = address.ins_of()
    if ins is None:
        return Correspondent(address, defects=(NOT_AN_INS,))
    return Correspondent(address, _patient(ins, address.label), () if key_fits(ins) else (BAD_KEY,))


def key_fits(ins: str) -> bool:
    """Whether the two last figures are the key of the thirteen characters before (NIR rule, Corsica included)."""
    if not INS.fullmatch(ins):
        return False
    number = ins[:13]
    if number[5:7] in CORSICA:
        number = number[:5] + CORSICA[number[5:7]] + number[7:]
    return 97 - int(number) % 97 == int(ins[13:])


def ins_fingerprint(ins: str) -> str:
    """What an INS is found by: all fifteen characters, for one with a wrong key is nobody else's number."""
    return fingerprint("ins", ins.upper().replace(" ", ""))


def _patient(ins: str, label: str) -> Patient:
    mark = ins_fingerprint(ins)
    known = Patient.objects.filter(ins_fingerprint=mark).first()
    if known is not None:
        return known
    new = Patient(ins_fingerprint=mark, ins_status=InsStatus.PROVISOIRE, ins=ins, display_name=label)
    Patient.objects.bulk_create([new], ignore_conflicts=True)
    return Patient.objects.get(ins_fingerprint=mark)
