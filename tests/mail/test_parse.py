"""Any bytes are read as far as they can be, or refused with a reason; nothing else ever happens."""

from __future__ import annotations

import email
import hashlib
import unittest
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.parse import NoSuchPart, ParsedMail, Unreadable, extract, parse
from portal.mail.structure import read_structure
from tests.effort import LIMIT, growth
from tests.mail import corpus
from tests.mail.corpus import MAILS, NOTHING_TO_SHOW


class TestTheCorpus(unittest.TestCase):
    def test_every_mail_is_read_or_refused_with_its_reason(self) -> None:
        for name, raw in MAILS.items():
            with self.subTest(name):
                if name in NOTHING_TO_SHOW:
                    with self.assertRaises(Unreadable) as caught:
                        parse(raw)
                    self.assertEqual(caught.exception.reason, NOTHING_TO_SHOW[name])
                else:
                    self.assert_sound(raw, corpus.as_read(name))

    def test_many_parts_cost_linear_time(self) -> None:
        """That none of the corpus needs more than the child is given is in test_reading."""
        for name, mail in {
            "html": lambda size: corpus.multipart(*[corpus.html(b"<p>a</p>" * 2_000)] * (size // 10)),
            "plain": lambda size: corpus.multipart(*[corpus.plain()] * size),
            "empty": lambda size: corpus.mail(b"--limite\r\n" * size, corpus.multi(b"mixed", b"limite")),
        }.items():
            raws = {size: mail(size) for size in (240, 4 * 240)}
            with self.subTest(name):
                self.assertLess(growth(lambda size, raws=raws: parse(raws[size]), 240), LIMIT)

    def test_every_file_can_be_taken_out_and_is_the_one_that_was_announced(self) -> None:
        for name in MAILS.keys() - NOTHING_TO_SHOW.keys():
            for file in corpus.as_read(name).attachments:
                with self.subTest(name, part=file.part):
                    content = extract(MAILS[name], file.part)
                    self.assertEqual(hashlib.sha256(content).hexdigest(), file.digest)
                    self.assertEqual(len(content), file.size)

    def test_the_library_finds_the_same_leaves(self) -> None:
        """Another reader of the same bytes: where the shape is sound, both must see the same parts."""
        compared = 0
        for name in MAILS.keys() - NOTHING_TO_SHOW.keys():
            structure = read_structure(MAILS[name])
            ours = [leaf.content_type for leaf in structure.root.leaves()]
            if (
                structure.defects
                or "message/" in "".join(ours)
                or name in {"mac line ends", "header then noise"}
            ):
                continue  # the library enters messages, and stops at other marks when the shape is broken
            parts = email.message_from_bytes(MAILS[name]).walk()
            compared += 1
            with self.subTest(name):
                self.assertEqual(ours, [part.get_content_type() for part in parts if not part.is_multipart()])
        self.assertGreater(compared, 40)

    def assert_sound(self, raw: bytes, parsed: ParsedMail) -> None:
        shown = [parsed.subject, parsed.text, parsed.html, *(file.name for file in parsed.attachments)]
        for text in shown:
            text.encode()
            self.assertNotIn("\x00", text)
        for line in (parsed.subject, *(file.name for file in parsed.attachments)):
            self.assertNotRegex(line, r"[\r\n\x00-\x1f\u202a-\u202e\u2028]")
        self.assertTrue(all(0 < len(file.name) <= 120 for file in parsed.attachments))
        self.assertLessEqual(len(parsed.text), 1_000_000)


class TestCharsets(unittest.TestCase):
    def test_french_letters_survive_every_charset_and_every_wrong_label(self) -> None:
        for name in (
            "utf-8",
            "windows-1252",
            "utf-7",
            "utf-16",
            "windows-1252 called latin-1",
            "utf-8 called latin-1",
            "utf-8 called ascii",
            "unknown charset",
            "a codec that is no charset",
            "no charset",
        ):
            with self.subTest(name):
                self.assertEqual(corpus.as_read(name).text, corpus.ACCENTS)

    def test_older_charsets(self) -> None:
        self.assertIn("à préparer : Doliprane", corpus.as_read("latin-1").text)
        self.assertIn("12 €, cœur", corpus.as_read("latin-9").text)
        self.assertIn("à préparer", corpus.as_read("latin-1 called utf-8").text)
        self.assertEqual(corpus.as_read("eight bits in headers").subject, "Ordonnance à préparer")

    def test_a_guess_is_marked(self) -> None:
        for name in ("utf-8 called latin-1", "unknown charset", "no charset", "latin-1 called utf-8"):
            with self.subTest(name):
                self.assertIn("charset-guessed", corpus.as_read(name).defects)
        for name in ("utf-8", "windows-1252", "utf-7", "latin-9"):
            with self.subTest(name):
                self.assertNotIn("charset-guessed", corpus.as_read(name).defects)


class TestHeaders(unittest.TestCase):
    def test_a_patients_mail(self) -> None:
        found = parse(corpus.mail(b"x", b"Subject: Bonjour", b"In-Reply-To: <org-1@soleil.mssante.fr>"))
        self.assertEqual(found.message_id, "pat-1@patient.mssante.fr")
        self.assertEqual(found.in_reply_to, ("org-1@soleil.mssante.fr",))
        self.assertEqual(found.date, datetime(2026, 1, 12, 8, 12, tzinfo=UTC))
        assert found.sender
        self.assertEqual(found.sender.label, "Léa Durand")
        self.assertEqual(found.sender.ins_of(), "279035121518989")
        self.assertEqual(found.defects, ())

    def test_the_headers_of_the_trust_space(self) -> None:
        lines = (
            b"X-MSS-CODECDA: 34112-3,PRESC-BIO, 15508-5",
            b"X-MSS-INS: O",
            b"X-MSS-NIL: DEV1",
            b"X-MSS-MES: fin",
        )
        found = parse(corpus.mail(b"x", *lines))
        self.assertEqual(found.cda_codes, ("34112-3", "PRESC-BIO", "15508-5"))
        self.assertEqual((found.ins_announced, found.nil, found.ends_exchange), (True, "DEV1", True))

    def test_an_exchange_ends_by_header_or_by_the_beginning_of_the_subject_only(self) -> None:
        for subject, ends in ((b"[FIN] Merci", True), (b"Re: [FIN] Merci", False), (b"La [FIN]", False)):
            self.assertIs(parse(corpus.mail(b"x", b"Subject: " + subject)).ends_exchange, ends)

    def test_what_a_machine_wrote_is_known(self) -> None:
        found = parse(
            corpus.mail(
                b"x", b"Auto-Submitted: auto-replied (vacation)", b"Return-Path: <>", b"Precedence: bulk"
            )
        )
        self.assertEqual(
            (found.auto_submitted, found.return_path, found.from_list), ("auto-replied", "", True)
        )
        found = parse(corpus.mail(b"x"))
        self.assertEqual((found.auto_submitted, found.return_path, found.from_list), ("no", None, False))

    def test_encoded_line_breaks_stay_on_the_line(self) -> None:
        self.assertEqual(corpus.as_read("encoded line break").subject, "a Bcc: x@y.fr")

    def test_a_letter_cut_between_two_words_is_joined(self) -> None:
        self.assertEqual(corpus.as_read("words cut in a letter").subject, "éé")

    def test_defects_are_named(self) -> None:
        self.assertIn("several-from", corpus.as_read("two from").defects)
        self.assertIn("no-from", corpus.as_read("no from").defects)
        self.assertIn("bad-date", corpus.as_read("absurd date").defects)
        self.assertIn("no-body", corpus.as_read("no body").defects)
        self.assertIn("wrong-boundary", corpus.as_read("wrong boundary").defects)
        self.assertIn("base64", corpus.as_read("broken base64").defects)
        doubled = corpus.mail(b"x", b"Content-Type: text/plain", b"Content-Type: text/html")
        self.assertIn("several-content-type", parse(doubled).defects)


class TestBodies(unittest.TestCase):
    def test_text_is_chosen_over_html(self) -> None:
        found = corpus.as_read("alternative")
        self.assertEqual(
            (found.text, found.text_from_html, found.html), ("Bonjour.", False, "<p>Bonjour.</p>")
        )

    def test_html_speaks_when_the_text_is_blank_or_absent(self) -> None:
        for name in ("alternative with a blank text", "html only"):
            found = corpus.as_read(name)
            self.assertTrue(found.text.startswith("Bonjour"))
            self.assertTrue(found.text_from_html)

    def test_texts_are_joined_in_order_around_a_file(self) -> None:
        found = corpus.as_read("texts around a file")
        self.assertEqual(found.text, "Avant.\n\nApres.")
        self.assertEqual([file.part for file in found.attachments], ["2"])

    def test_flowed_lines_are_joined(self) -> None:
        self.assertEqual(corpus.as_read("flowed").text, "Une ligne qui continue.\n> cite encore")

    def test_a_body_right_after_a_bad_line_is_read(self) -> None:
        self.assertEqual(
            corpus.as_read("body right after a bad line").text, "ceci n'est pas un en-tete\nBonjour."
        )

    def test_other_line_ends_and_first_lines_do_not_matter(self) -> None:
        for name in ("mac line ends", "mbox line first", "mark first"):
            found = corpus.as_read(name)
            self.assertEqual((found.text, found.message_id), ("Bonjour.", "pat-1@patient.mssante.fr"), name)

    def test_a_boundary_is_taken_letter_by_letter(self) -> None:
        found = corpus.as_read("boundary with spaces")
        self.assertEqual((found.text, found.defects), ("Bonjour.", ()))

    def test_what_is_cut_is_said(self) -> None:
        self.assertIn("html-cut", corpus.as_read("twenty html parts").defects)
        self.assertIn("text-cut", corpus.as_read("nested 25 of 20 megabytes").defects)
        self.assertIn("too-many-fields", corpus.as_read("a million fields").defects)


class TestFiles(unittest.TestCase):
    def names(self, mail: str) -> list[str]:
        return [file.name for file in corpus.as_read(mail).attachments]

    def test_paths_are_those_of_imap(self) -> None:
        found = corpus.as_read("related in alternative")
        self.assertEqual(
            [(f.part, f.inline, f.content_id) for f in found.attachments], [("2.2", True, "logo")]
        )
        self.assertEqual(extract(MAILS["related in alternative"], "2.2"), b"\x89PNG")

    def test_a_message_is_a_file_named_from_its_subject_and_kept_as_it_was(self) -> None:
        self.assertEqual(self.names("message in a message"), ["Bilan sanguin été.eml"])
        self.assertEqual(
            extract(MAILS["message in a message"], "2"),
            corpus.mail(b"Original.", b"Subject: =?utf-8?q?Bilan_sanguin_=C3=A9t=C3=A9?="),
        )

    def test_files_without_a_name_get_one(self) -> None:
        self.assertEqual(self.names("unnamed files"), ["pièce jointe 1.pdf", "pièce jointe 2"])
        self.assertEqual(self.names("calendar"), ["pièce jointe 1.ics"])

    def test_unknown_kinds_are_kept(self) -> None:
        self.assertEqual(extract(MAILS["winmail"], "2"), corpus.TNEF)
        self.assertEqual(extract(MAILS["unknown encoding"], "2"), b"begin 644 a")
        self.assertEqual(extract(MAILS["broken base64"], "2"), b"ABCDEF")

    def test_parts_under_a_wrong_boundary_are_found(self) -> None:
        for name in ("wrong boundary", "no boundary", "no end"):
            self.assertEqual(
                (corpus.as_read(name).text, self.names(name)), ("Bonjour.", ["ordonnance.pdf"]), name
            )

    def test_a_part_that_is_not_there(self) -> None:
        for part in ("9", "", "1.1.1", "../1"):
            with self.assertRaises(NoSuchPart):
                extract(MAILS["alternative"], part)

    def test_names_are_decoded_and_cleaned(self) -> None:
        for header, expected in (
            (b"filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
            (b"filename*=iso-8859-1'fr'r%E9sum%E9.pdf", "résumé.pdf"),
            (b"filename*0*=utf-8''r%C3; filename*1*=%A9sum; filename*2=\"e%20.pdf\"", "résume%20.pdf"),
            (b"filename*0=ordonnance; filename*1=-longue.pdf", "ordonnance-longue.pdf"),
            (b'filename="=?utf-8?q?r=C3=A9sum=C3=A9.pdf?="', "résumé.pdf"),
            ('filename="résumé.pdf"'.encode(), "résumé.pdf"),
            ('filename="résumé.pdf"'.encode("cp1252"), "résumé.pdf"),
            (b'filename="C:\\Users\\lea\\scan.pdf"', "scan.pdf"),
            (b'filename="../../etc/passwd"', "passwd"),
            ('filename="ordonnance\u202efdp.exe"'.encode(), "ordonnancefdp.exe"),
            (b'filename="a\x00b\x07.pdf"', "ab .pdf"),
            (b'filename="' + b"x" * 300 + b'.pdf"', "x" * 116 + ".pdf"),
            (b"filename=sans guillemets.pdf", "sans guillemets.pdf"),
            (b'filename="jamais ferm', "jamais ferm"),
            (b'filename="..."', "pièce jointe 1.pdf"),
        ):
            raw = corpus.multipart(
                corpus.plain(),
                corpus.file(
                    b"x", b"Content-Type: application/pdf", b"Content-Disposition: attachment; " + header
                ),
            )
            with self.subTest(header):
                self.assertEqual(parse(raw).attachments[0].name, expected)


class TestAnything(unittest.TestCase):
    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=2000))
    def test_any_bytes(self, raw: bytes) -> None:
        self.read(raw)

    @settings(max_examples=250, deadline=None)
    @given(st.sampled_from(sorted(n for n, raw in MAILS.items() if 0 < len(raw) < 20_000)), st.data())
    def test_any_damage_to_a_mail(self, name: str, data: st.DataObject) -> None:
        raw = bytearray(MAILS[name])
        for _ in range(data.draw(st.integers(1, 8))):
            at = data.draw(st.integers(0, len(raw) - 1))
            raw[at : at + data.draw(st.integers(0, 12))] = data.draw(
                st.sampled_from(
                    [
                        b"",
                        b"\x00",
                        b"\r",
                        b"\n",
                        b'"',
                        b"=?",
                        b"--limite",
                        b";",
                        b"\xff\xfe",
                        b"*0*=",
                        b"<",
                        b"(",
                    ]
                )
            )
            if not raw:
                break
        self.read(bytes(raw))

    def read(self, raw: bytes) -> None:
        try:
            parsed = parse(raw)
        except Unreadable as error:
            self.assertRegex(error.reason, r"^[a-z-]+$")
            return
        for file in parsed.attachments:
            self.assertEqual(hashlib.sha256(extract(raw, file.part)).hexdigest(), file.digest)
