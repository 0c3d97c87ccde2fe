"""Tests that the words of documents are read in the confined child, and those of scans where a program can."""

from __future__ import annotations

import unittest
from unittest.mock import patch

from django.test import SimpleTestCase, override_settings

from portal.documents import recognising
from portal.documents.recognising import NotRecognised, program, recognise
from portal.documents.rendering import Illegible, words
from portal.documents.sniff import Kind
from tests.documents import structured
from tests.documents.files import encrypted_pdf, jpeg, pdf, scanned, scanned_pdf, slow_pdf, written_pdf

NO_OCR = "" if program() else "tesseract-ocr, tesseract-ocr-fra is not installed"


class Wording(SimpleTestCase):
    def test_the_pages_of_a_pdf_give_their_text_and_those_that_are_pictures_are_named(self) -> None:
        found = words(
            written_pdf("Compte rendu de sortie\nApixaban deux fois par jour", "", "Page trois, sans suite"),
            Kind.PDF,
        )

        self.assertIn("Apixaban", found.text)
        self.assertIn("Page trois", found.text)
        self.assertEqual((found.scans, found.cut), ((1,), False))

    def test_scans_and_photos_have_pages_and_no_text(self) -> None:
        self.assertEqual(words(scanned_pdf("Apixaban"), Kind.PDF).scans, (0,))
        self.assertEqual(words(jpeg(), Kind.JPEG).scans, (0,))

    def test_a_long_document_is_read_in_part_and_says_so(self) -> None:
        self.assertTrue(words(pdf(70), Kind.PDF).cut)
        self.assertTrue(words(b"mot " * 100_000, Kind.TEXT).cut)

    def test_a_document_of_health_says_whom_it_is_about_and_what_its_copy_says(self) -> None:
        found = words(structured.archive(), Kind.XDM).text

        for word in ("DURAND", "279035121518989", "Anne", structured.NUMBER, "Amoxicilline"):
            self.assertIn(word, found)

    def test_a_text_is_read_in_either_of_its_usual_alphabets(self) -> None:
        for alphabet in ("utf-8", "cp1252"):
            self.assertEqual(words("créatinine élevée".encode(alphabet), Kind.TEXT).text, "créatinine élevée")

    def test_what_is_locked_broken_or_too_costly_is_told(self) -> None:
        for data, kind in ((encrypted_pdf(), Kind.PDF), (b"%PDF-1.7", Kind.PDF), (b"<a/>", Kind.CDA)):
            with self.subTest(kind), self.assertRaises(Illegible):
                words(data, kind)
        self.assertEqual(words(slow_pdf(), Kind.PDF).text, "")  # nothing is painted to read it


class Programs(SimpleTestCase):
    def tearDown(self) -> None:
        program.cache_clear()

    def test_none_is_known_where_none_is_installed_or_wanted(self) -> None:
        for name in ("off", "/nowhere/tesseract", "false"):
            program.cache_clear()
            with self.subTest(name), override_settings(OCR=name):
                self.assertEqual(program(), "")

    def test_one_that_takes_too_long_or_fails_is_stopped(self) -> None:
        for name in ("sleep", "false"):
            with (
                self.subTest(name),
                patch.object(recognising, "program", return_value=f"/bin/{name}"),
                patch.object(recognising, "SECONDS", 0.2),
                self.assertRaises(NotRecognised),
            ):
                recognise(b"x" * 1_000_000)


@unittest.skipIf(NO_OCR, NO_OCR)
class Recognition(SimpleTestCase):
    def test_a_scan_is_read(self) -> None:
        self.assertIn(
            "Apixaban", recognise(scanned("Ordonnance du docteur Petit", "Apixaban 5 mg matin et soir"))
        )

    def test_what_is_no_picture_is_refused(self) -> None:
        with self.assertRaises(NotRecognised):
            recognise(b"no picture")
