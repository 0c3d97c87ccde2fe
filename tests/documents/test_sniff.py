"""What a file is, whatever its sender says."""

from __future__ import annotations

from unittest import TestCase

from portal.documents.sniff import DOWNLOAD, Kind, kind_of, served_type
from tests.documents import files

CDA = b'<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet href="x.xsl"?>\n<!-- CR -->\n'
CDA += b'<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="x">'


class KindTests(TestCase):
    def test_what_a_pharmacy_receives_is_known_by_its_content(self) -> None:
        xdm = files.zipped({"IHE_XDM/SUBSET01/METADATA.XML": b"<x/>", "IHE_XDM/SUBSET01/DOC.XML": CDA})
        for data, kind in (
            (files.pdf(), Kind.PDF),
            (files.png(), Kind.PNG),
            (files.jpeg(), Kind.JPEG),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind.HEIC),
            ("Ordonnance à renouveler.\r\n\tMerci".encode(), Kind.TEXT),
            (files.zipped({"a": b"b"}), Kind.ZIP),
            (xdm, Kind.XDM),
            (CDA, Kind.CDA),
            (CDA.replace(b"<Clin", b"<hl7:Clin"), Kind.CDA),
            (b"GIF89a" + bytes(20), Kind.OTHER),
            (b"", Kind.TEXT),
        ):
            with self.subTest(kind=kind):
                self.assertEqual(kind_of(data), kind)

    def test_a_lying_name_or_type_changes_nothing(self) -> None:
        self.assertEqual(kind_of(files.png(), "image/jpeg", "ordonnance.jpg"), Kind.PNG)
        self.assertEqual(kind_of(files.zip_bomb(), "application/pdf", "ordonnance.pdf"), Kind.ZIP)
        self.assertEqual(kind_of(b"MZ" + bytes(64), "application/pdf", "ordonnance.pdf"), Kind.OTHER)

    def test_what_a_browser_could_run_is_no_text(self) -> None:
        for data in (b"<script>", b"\xef\xbb\xbf <html>", b"  \n<svg onload=x>", b"<!DOCTYPE html>", b"<a/>"):
            self.assertEqual(kind_of(data, "text/plain", "a.txt"), Kind.OTHER)
        for declared, name in (("text/html", "a.txt"), ("text/plain", "a.html"), ("text/plain", "a.svg")):
            self.assertEqual(kind_of(b"alert(1)", declared, name), Kind.OTHER)
        self.assertEqual(kind_of(b"Bonjour", "text/plain; charset=utf-8", "NOTE.TXT"), Kind.TEXT)

    def test_only_utf_8_without_control_characters_is_text(self) -> None:
        for data in ("été".encode("latin-1"), "été".encode("utf-16"), b"a\0b", b"\x1b[2J"):
            self.assertEqual(kind_of(data), Kind.OTHER)

    def test_a_document_that_declares_a_doctype_is_no_cda(self) -> None:
        self.assertEqual(kind_of(CDA.replace(b"<!-- CR -->", b"<!DOCTYPE x [<!ENTITY a 'b'>]>")), Kind.OTHER)

    def test_a_file_that_is_two_things_at_once_is_neither(self) -> None:
        archive = files.zipped({"a": b"b"})
        for data in (
            files.pdf() + archive,
            files.png() + archive,
            files.jpeg() + archive,
            b"hello " + archive.replace(b"\0", b""),
            files.jpeg()[:20] + files.pdf(),
            files.png()[:8] + files.pdf(),
            b"bonjour %PDF-1.4 bonjour",
        ):
            self.assertIn(kind_of(data), {Kind.OTHER})

    def test_a_long_prologue_of_comments_costs_nothing(self) -> None:
        self.assertEqual(kind_of(b"<!--" + b"-" * 200_000), Kind.OTHER)
        self.assertEqual(kind_of(b"<!-- a -->" * 20_000 + b"<"), Kind.OTHER)


class ServedTypeTests(TestCase):
    def test_a_type_is_told_when_name_and_content_agree(self) -> None:
        self.assertEqual(served_type(Kind.PDF, "Ordonnance du 3 mars.PDF"), "application/pdf")
        self.assertEqual(served_type(Kind.JPEG, "photo.jpeg"), "image/jpeg")
        self.assertEqual(served_type(Kind.TEXT, "a.txt"), "text/plain; charset=utf-8")

    def test_everything_else_is_a_download(self) -> None:
        for kind, name in (
            (Kind.PDF, "page.html"),
            (Kind.PDF, "ordonnance"),
            (Kind.PNG, "a.png.svg"),
            (Kind.TEXT, "a.html"),
            (Kind.HEIC, "a.heic"),
            (Kind.CDA, "a.xml"),
            (Kind.ZIP, "a.pdf"),
            (Kind.OTHER, "a.pdf"),
        ):
            with self.subTest(name=name):
                self.assertEqual(served_type(kind, name), DOWNLOAD)
