"""Write a prescription as a doctor's software does: a CDA R2 document that carries its own PDF."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

from sandbox.pictures import Sheet, pdf

FORMS = Path(__file__).resolve().parent / "forms"
INS_TEST = "1.2.250.1.213.1.4.10"  # the ANS' root for matricules of test
CODE, KIND = "57833-6", "Prescription de produits de santé"
NUMBER_ROOT = "1.2.250.1.215.500.1.1"
OUR_ROOT = "1.2.250.1.999.1.1"


@dataclass(frozen=True)
class Subject:
    """The patient as the doctor's software knows her; `sex` is F or M."""

    ins: str
    name: str
    first_name: str
    sex: str
    born: date


@dataclass(frozen=True)
class Prescriber:
    name: str
    first_name: str
    rpps: str
    practice: str
    speciality: str = "Médecin - Qualifié en Médecine Générale (SM)"


@dataclass(frozen=True)
class Prescription:
    """One document, in its `version`; `number` is the unique number that the pharmacy's software reads."""

    subject: Subject
    prescriber: Prescriber
    lines: Sequence[str]
    number: str
    version: int = 1

    @property
    def serial(self) -> str:
        """The same for all versions, in the identifiers of the document."""
        return str(int.from_bytes(self.number.encode(), "big") % 10**9)


def printed(prescription: Prescription) -> bytes:
    """The PDF that goes with it and in it."""
    subject, prescriber = prescription.subject, prescription.prescriber
    born = f"{'née' if subject.sex == 'F' else 'né'} le {subject.born:%d/%m/%Y}"
    sheet = Sheet(
        head=(
            f"Docteur {prescriber.first_name} {prescriber.name}",
            f"RPPS {prescriber.rpps}",
            prescriber.practice,
        ),
        patient=(f"{subject.name} {subject.first_name}, {born}", f"Ordonnance n° {prescription.number}"),
        lines=prescription.lines,
        code=prescription.number,
    )
    return pdf([sheet])


def written(prescription: Prescription, at: datetime, *, pdf: bytes) -> bytes:
    """The document as UTF-8 XML (CI-SIS, volet eP-MED-DM, reduced to what people read of it)."""
    series = f"{OUR_ROOT}.{prescription.serial}"
    items = "".join(f"<item>{escape(line)}</item>" for line in prescription.lines)
    return filled(
        "cda.xml",
        {
            **facts(prescription),
            "series": series,
            "version": str(prescription.version),
            "stamp": at.strftime("%Y%m%d%H%M%S%z"),
            "number_root": NUMBER_ROOT,
            "number": prescription.number,
        },
        {"items": items, "pdf": b64encode(pdf).decode(), "replaces": _replaces(prescription, series)},
    )


def facts(prescription: Prescription) -> dict[str, str]:
    """What both the document and METADATA.XML say of it."""
    subject, prescriber = prescription.subject, prescription.prescriber
    return {
        "code": CODE,
        "kind": KIND,
        "ins_root": INS_TEST,
        "ins": subject.ins,
        "name": subject.name,
        "first_name": subject.first_name,
        "sex": subject.sex,
        "born": f"{subject.born:%Y%m%d}",
        "rpps": prescriber.rpps,
        "doctor_name": prescriber.name,
        "doctor_first_name": prescriber.first_name,
        "speciality": prescriber.speciality,
        "practice": prescriber.practice,
    }


def filled(form: str, texts: Mapping[str, str], markup: Mapping[str, str] | None = None) -> bytes:
    """A file of `forms` with texts, escaped, and markup, as it is, in their places."""
    blank = Template((FORMS / form).read_text("utf-8"))
    escaped = {name: escape(text, {'"': "&quot;"}) for name, text in texts.items()}
    return blank.substitute({**escaped, **(markup or {})}).encode()


def _replaces(prescription: Prescription, series: str) -> str:
    if prescription.version == 1:
        return ""
    parent = f'<parentDocument><id root="{series}.{prescription.version - 1}"/></parentDocument>'
    return f'<relatedDocument typeCode="RPLC">{parent}</relatedDocument>'
