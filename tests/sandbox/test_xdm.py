"""A doctor of the sandbox sends a prescription as structured health mail, as the French standards lay it out."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from base64 import b64decode
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from pathlib import Path
from unittest import TestCase
from zipfile import ZipFile

from lxml import etree

from portal.mail.subjects import display_subject
from sandbox.doctor import SYLVAIN, prescription
from sandbox.letters import xdm_letter
from sandbox.operator import running_operator
from sandbox.people import SOLEIL
from sandbox.store import Store
from sandbox.week import fill

CHECKOUT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
CDA = {"c": "urn:hl7-org:v3"}
RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}


def opened(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


class LetterTests(TestCase):
    def setUp(self) -> None:
        self.prescription = prescription()
        self.message = opened(xdm_letter(SYLVAIN, self.prescription, to=SOLEIL, at=AT))
        packed, self.pdf = [part.get_payload(decode=True) for part in self.message.iter_attachments()]
        self.archive = ZipFile(BytesIO(packed))
        self.document = self.archive.read("IHE_XDM/SUBSET01/DOC00001.XML")

    def test_the_subject_and_the_headers_say_what_is_in_it(self) -> None:
        subject = "XDM/1.0/DDM+Prescription de produits de santé PAT-TROIS DOMINIQUE 28/03/1979"
        self.assertEqual(self.message["Subject"], subject)
        self.assertEqual(
            display_subject(subject), "Prescription de produits de santé PAT-TROIS DOMINIQUE 28/03/1979"
        )
        self.assertEqual((self.message["X-MSS-CODECDA"], self.message["X-MSS-INS"]), ("57833-6", "O"))

    def test_the_archive_holds_the_document_under_its_true_size_and_digest(self) -> None:
        metadata = etree.fromstring(self.archive.read("IHE_XDM/SUBSET01/METADATA.XML"))
        said = {
            slot.get("name"): slot.findtext("r:ValueList/r:Value", namespaces=RIM)
            for slot in metadata.iterfind(".//r:ExtrinsicObject/r:Slot", RIM)
        }

        self.assertEqual(said["hash"], hashlib.sha1(self.document, usedforsecurity=False).hexdigest())
        self.assertEqual((said["size"], said["URI"]), (str(len(self.document)), "DOC00001.XML"))
        self.assertEqual(said["sourcePatientId"], "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH")

    def test_the_document_carries_the_pdf_that_came_beside_it(self) -> None:
        document = etree.fromstring(self.document)

        inside = document.findtext(".//c:observationMedia/c:value", namespaces=CDA)

        self.assertEqual(b64decode(inside), self.pdf)
        number = document.find(".//c:serviceEvent/c:id", CDA)
        self.assertEqual(number.get("extension"), self.prescription.number)

    def test_no_two_of_them_have_the_same_number(self) -> None:
        self.assertNotEqual(prescription().number, self.prescription.number)


class SendingTests(TestCase):
    def test_the_doctor_sends_one_from_the_command_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder, running_operator(Path(folder)) as operator:
            run = subprocess.run(
                [sys.executable, "-m", "sandbox.doctor", "--state", folder, "xdm"],
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                check=False,
            )

            self.assertEqual(run.returncode, 0, run.stderr)
            (arrived,) = operator.mailbox(SOLEIL)
            names = [part.get_filename() for part in opened(arrived).iter_attachments()]
            self.assertEqual(names[0], "IHE_XDM.zip")
            self.assertRegex(names[1], r"^\d{8}_57833-6_PAT-TROIS_DOMINIQUE_\d+\.pdf$")

    def test_one_came_in_the_week(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            fill(store, AT)

            letters = [opened(stored.raw) for stored in store.messages(SOLEIL)]

        structured = [letter for letter in letters if letter["X-MSS-CODECDA"]]
        self.assertEqual([letter["X-MSS-CODECDA"] for letter in structured], ["57833-6"])
