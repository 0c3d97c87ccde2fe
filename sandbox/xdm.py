"""Pack a prescription as IHE_XDM.zip, and say in the mail's headers what is in it."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sandbox import cda
from sandbox.cda import CODE, INS_TEST, KIND, Prescription, facts, filled

ARCHIVE = "IHE_XDM.zip"
FOLDER = "IHE_XDM/SUBSET01"
README = b"Archive IHE XDM.\r\n"
INDEX = b"<html><body>IHE_XDM/SUBSET01/METADATA.XML</body></html>\r\n"
LONGEST_KIND = 40


def archive(prescription: Prescription, at: datetime, *, pdf: bytes) -> bytes:
    """The archive (IHE ITI TF-2 3.32.4), with the one document in it."""
    document = cda.written(prescription, at, pdf=pdf)
    packed = BytesIO()
    with ZipFile(packed, "w") as file:
        for name, data in (
            ("README.TXT", README),
            ("INDEX.HTM", INDEX),
            (f"{FOLDER}/METADATA.XML", metadata(prescription, at, document=document)),
            (f"{FOLDER}/DOC00001.XML", document),
        ):
            file.writestr(ZipInfo(name, at.timetuple()[:6]), data, ZIP_DEFLATED)
    return packed.getvalue()


def metadata(prescription: Prescription, at: datetime, *, document: bytes) -> bytes:
    """METADATA.XML: one submission set, one document with its size, its SHA-1 and whose it is."""
    return filled(
        "metadata.xml",
        {
            **facts(prescription),
            "stamp": at.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
            "sha1": hashlib.sha1(document, usedforsecurity=False).hexdigest(),
            "size": str(len(document)),
            "patient": f"{prescription.subject.ins}^^^&{INS_TEST}&ISO^NH",
        },
    )


def subject_line(prescription: Prescription) -> str:
    """XDM/1.0/DDM+, what it is, and whose (ECO.2.1.3)."""
    subject = prescription.subject
    name = f"{_bare(subject.name)} {_bare(subject.first_name)}"
    return f"XDM/1.0/DDM+{KIND[:LONGEST_KIND]} {name} {subject.born:%d/%m/%Y}"


def attach(message: EmailMessage, prescription: Prescription, at: datetime) -> None:
    """The archive, its PDF beside it, and the headers that tell of them (ECO.2.1.1, 2.4.1 to 2.4.3)."""
    message["X-MSS-CODECDA"] = CODE
    message["X-MSS-INS"] = "O"
    message["X-MSS-NIL"] = "DEV000000"
    pdf = cda.printed(prescription)
    packed = archive(prescription, at, pdf=pdf)
    message.add_attachment(packed, maintype="application", subtype="zip", filename=ARCHIVE)
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=_pdf_name(prescription, at))


def _pdf_name(prescription: Prescription, at: datetime) -> str:
    """ECO.2.1.6."""
    subject = prescription.subject
    return f"{at:%Y%m%d}_{CODE}_{_bare(subject.name)}_{_bare(subject.first_name)}_{prescription.serial}.pdf"


def _bare(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
