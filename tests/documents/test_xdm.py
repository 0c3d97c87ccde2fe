"""Structured health mail is read in the confined child: whose it is, who wrote it, what it looks like."""

from __future__ import annotations

import unittest
from io import BytesIO
from pathlib import Path

from django.test import SimpleTestCase
from PIL import Image

from portal.documents import rendering
from portal.documents.cda import moment
from portal.documents.readings import Block, Document, Identity, Professional, Reading
from portal.documents.rendering import NoSuchPage, render_page
from portal.documents.sniff import Kind, kind_of
from portal.lib.confined import close_all
from tests.documents import files
from tests.documents.structured import (
    DOCUMENT,
    METADATA,
    NUMBER,
    TOM,
    archive,
    document,
    members,
)

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
CLOSE = b"</ClinicalDocument>"


def tearDownModule() -> None:
    close_all()


def read(data: bytes) -> Reading:
    return rendering.read(data, kind_of(data))


def only(data: bytes) -> Document:
    (found,) = read(data).documents
    return found


class PrescriptionTests(SimpleTestCase):
    def setUp(self) -> None:
        self.data = archive()
        self.reading = read(self.data)

    def test_it_says_for_whom_by_whom_and_when(self) -> None:
        (found,) = self.reading.documents

        self.assertEqual(
            found.patient,
            Identity("279035121518989", "1.2.250.1.213.1.4.10", "DURAND", "LÉA MARIE", "1979-03-28", "F"),
        )
        martin = Professional(
            "Dr Anne MARTIN",
            "Médecin - Qualifié en Médecine Générale (SM)",
            "Cabinet de la Place",
            "10000000017",
        )
        self.assertEqual(found.author, martin)
        self.assertEqual(found.authenticator, Professional("Dr Anne MARTIN", rpps="10000000017"))
        self.assertEqual((found.code, found.label), ("57833-6", "Prescription de produits de santé"))
        self.assertEqual(found.title, "Prescription de médicaments")
        self.assertEqual(found.written_at, "2026-11-20T09:30:00+01:00")
        self.assertEqual(found.number, NUMBER)
        self.assertEqual((found.version, found.replaces, found.warnings), (1, False, ()))

    def test_its_pdf_is_shown_like_any_other(self) -> None:
        self.assertEqual(self.reading.pages, 1)
        page = Image.open(BytesIO(render_page(self.data, Kind.XDM, 0)))
        self.assertAlmostEqual(page.width, 1240, delta=1)
        with self.assertRaises(NoSuchPage):
            render_page(self.data, Kind.XDM, 1)

    def test_the_document_alone_is_read_the_same_way(self) -> None:
        reading = read(document())

        self.assertEqual((reading.pages, reading.documents), (1, self.reading.documents))

    def test_a_later_version_says_that_it_replaces_another(self) -> None:
        found = only(archive(members(document(version=3))))

        self.assertEqual((found.version, found.replaces), (3, True))


class DocumentTests(SimpleTestCase):
    def test_a_byte_order_mark_and_processing_instructions_do_no_harm(self) -> None:
        head, _, rest = document().partition(b"?>\n")
        data = (
            b"\xef\xbb\xbf" + head + b'?>\n<?xml-stylesheet type="text/xsl" href="https://x/y.xsl"?>\n'
            b"<?oxygen a?><!-- a > b -->\n" + rest
        )

        self.assertEqual(only(data), only(document()))

    def test_another_encoding_is_understood_when_it_is_declared(self) -> None:
        latin = document().decode().replace("UTF-8", "ISO-8859-1").replace("’", "'").encode("iso-8859-1")

        patient = only(latin).patient
        self.assertEqual(patient and patient.first_names, "LÉA MARIE")

    def test_a_document_that_presents_itself_is_read_without_its_stylesheet(self) -> None:
        _, _, inside = document().partition(b"?>\n")
        data = (
            b'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            b'<xsl:include href="http://127.0.0.1:9/x.xsl"/>' + inside + b"</xsl:stylesheet>"
        )

        self.assertEqual(only(archive(members(data))).number, NUMBER)

    def test_without_a_pdf_its_words_are_shown_as_plain_blocks(self) -> None:
        text = (
            b"<list><item>Un</item><item>Deux<br/>trois</item></list><table><thead><tr><th>Dose</th><th>Voie</th></tr>"
            b"</thead><tbody><tr><td>1 g</td><td><content styleCode='Bold'>orale</content></td></tr></tbody></table>"
            b"<paragraph>Fin <linkHtml href='javascript:alert(1)'>ici</linkHtml></paragraph>"
        )
        data = document(pdf=b"")
        start, end = data.index(b"<text><list>"), data.index(b"</list></text>")
        data = data[:start] + b"<text>" + text + data[end + len(b"</list>") :]

        found = only(data)

        self.assertEqual(found.pages, 0)
        self.assertEqual(
            found.blocks,
            (
                Block("heading", ("Médicaments",)),
                Block("item", ("Un",)),
                Block("paragraph", ("Deux",)),
                Block("paragraph", ("trois",)),
                Block("row", ("Dose", "Voie")),
                Block("row", ("1 g", "orale")),
                Block("paragraph", ("Fin ici",)),
            ),
        )

    def test_a_pdf_inside_that_cannot_be_shown_leaves_the_words_and_says_why(self) -> None:
        found = only(document(pdf=files.encrypted_pdf()))

        self.assertEqual((found.pages, found.warnings), (0, ("copy-encrypted",)))
        self.assertIn(Block("item", ("Amoxicilline 1 g : matin et soir, 6 jours",)), found.blocks)

    def test_names_are_shown_without_what_would_deceive_the_eye(self) -> None:
        data = document().replace(b"DURAND", "DU\u202eRAND".encode())

        patient = only(data).patient
        self.assertEqual(patient and patient.birth_name, "DURAND")

    def test_times_are_as_exact_as_they_were_written(self) -> None:
        for written, understood in (
            ("20231201093000+0100", "2023-12-01T09:30:00+01:00"),
            ("20050411103328", "2005-04-11T10:33:28"),
            ("202312010930", "2023-12-01T09:30:00"),
            ("20231201", "2023-12-01"),
            ("", ""),
            ("hier", ""),
        ):
            with self.subTest(written):
                self.assertEqual(moment(written), understood)


class WarningTests(SimpleTestCase):
    def warned(self, data: bytes) -> tuple[str, ...]:
        reading = read(data)
        return tuple(code for each in reading.documents for code in each.warnings) + reading.warnings

    def test_a_document_that_is_not_the_one_announced(self) -> None:
        parts = members()
        parts[DOCUMENT] = parts[DOCUMENT].replace(b"matin et soir", b"trois fois  ")

        self.assertEqual(self.warned(archive(parts)), ("hash",))

    def test_the_archive_speaks_of_another_patient_than_the_document(self) -> None:
        self.assertEqual(self.warned(archive(members(announced=TOM))), ("patient-differs",))

    def test_two_patients_in_one_archive(self) -> None:
        first, second = members(), members(document(TOM), announced=TOM)
        both = first | {
            DOCUMENT.replace("SUBSET01", "SUBSET02"): second[DOCUMENT],
            METADATA.replace("SUBSET01", "SUBSET02"): second[METADATA],
        }

        self.assertEqual(self.warned(archive(both)), ("several-patients",))

    def test_two_patients_in_one_document(self) -> None:
        data = document()
        start, end = data.index(b"<recordTarget>"), data.index(b"</recordTarget>") + len(b"</recordTarget>")
        twice = data[:end] + data[start:end] + data[end:]

        self.assertEqual(self.warned(twice), ("several-patients",))

    def test_an_archive_without_metadata_is_still_read(self) -> None:
        parts = members()
        del parts[METADATA]
        data = archive(parts)

        reading = rendering.read(data, Kind.XDM)

        self.assertEqual((reading.pages, reading.warnings), (1, ("no-metadata",)))

    def test_an_announced_document_that_is_not_there(self) -> None:
        parts = members()
        del parts[DOCUMENT]

        self.assertEqual(read(archive(parts)).fault, "missing")

    def test_a_file_that_is_no_health_document_but_a_picture_of_one_is_shown(self) -> None:
        reading = read(archive(members(files.pdf(pages=2))))

        self.assertEqual(
            (reading.pages, reading.documents[0].label), (2, "Prescription de produits de santé")
        )


@unittest.skipUnless(SAMPLES.is_dir(), "the sample archives of the ANS are not beside this checkout")
class ExampleTests(SimpleTestCase):
    def test_every_example_of_the_ans_is_read(self) -> None:
        for path in sorted((SAMPLES / "cda").glob("*.xml")):
            with self.subTest(path.name):
                data = archive(members(path.read_bytes()))

                (found,) = read(data).documents

                self.assertTrue(found.patient and found.patient.ins and found.author)
                self.assertTrue(found.pages or found.blocks)

    def test_the_examples_of_archives_warn_as_they_should(self) -> None:
        warned = {
            path.stem: tuple(code for each in read(path.read_bytes()).documents for code in each.warnings)
            for path in (SAMPLES / "xdm").glob("*.zip")
        }

        self.assertEqual(
            warned,
            {
                "IHE_XDM_prescription": (),
                "IHE_XDM_two_documents": (),
                "IHE_XDM_bad_hash": ("hash",),
                "IHE_XDM_patient_mismatch": ("patient-differs",),
            },
        )
