"""Structured health mail made for the tests, good and hostile."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, timedelta, timezone
from io import BytesIO

from sandbox import cda, xdm
from sandbox.cda import Prescriber, Prescription, Subject

AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=1)))
LEA = Subject("279035121518989", "DURAND", "LÉA MARIE", "F", date(1979, 3, 28))
TOM = Subject("180062A00412357", "MARTIN", "TOM", "M", date(1980, 6, 2))
MARTIN = Prescriber("MARTIN", "Anne", "10000000017", "Cabinet de la Place")
NUMBER = "01S2TEST0000000009"
DOCUMENT, METADATA = "IHE_XDM/SUBSET01/DOC00001.XML", "IHE_XDM/SUBSET01/METADATA.XML"


def prescription(subject: Subject = LEA, *, version: int = 1) -> Prescription:
    return Prescription(subject, MARTIN, ("Amoxicilline 1 g : matin et soir, 6 jours",), NUMBER, version)


def document(subject: Subject = LEA, *, version: int = 1, pdf: bytes | None = None) -> bytes:
    """A CDA; `pdf` instead of the copy that it would carry."""
    wanted = prescription(subject, version=version)
    return cda.written(wanted, AT, pdf=cda.printed(wanted) if pdf is None else pdf)


def members(document_: bytes | None = None, *, announced: Subject = LEA) -> dict[str, bytes]:
    """What the archive of this document holds, METADATA.XML being right about all but perhaps the patient."""
    data = document() if document_ is None else document_
    return {
        "README.TXT": xdm.README,
        "INDEX.HTM": xdm.INDEX,
        METADATA: xdm.metadata(prescription(announced), AT, document=data),
        DOCUMENT: data,
    }


def archive(parts: dict[str, bytes] | None = None) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (members() if parts is None else parts).items():
            file.writestr(name, data)
    return packed.getvalue()


def patched(raw: bytes, *, flag: int = 0, method: int | None = None) -> bytes:
    """The archive with a flag, or another method, in the headers of its members."""
    data = bytearray(raw)
    for signature, at_flag, at_method in ((b"PK\x03\x04", 6, 8), (b"PK\x01\x02", 8, 10)):
        start = data.find(signature)
        while start >= 0:
            data[start + at_flag] |= flag
            if method is not None:
                data[start + at_method] = method
            start = data.find(signature, start + 4)
    return bytes(data)
