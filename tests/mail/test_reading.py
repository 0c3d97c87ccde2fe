"""Reading in the confined child: the same answers, and a bad mail harms only itself."""

from __future__ import annotations

import os
import unittest
from pathlib import Path
from typing import get_args
from unittest import mock

from portal.lib.confined import ChildFailed, ChildUnavailable, close_all
from portal.lib.confined.contract import Reason
from portal.mail import reading
from portal.mail.jsonform import BadForm, from_json, to_json
from portal.mail.parse import Address, NoSuchPart, ParsedMail, Unreadable, extract, parse
from portal.mail.reading import extract_confined, read
from tests.mail import corpus
from tests.mail.corpus import MAILS, NOTHING_TO_SHOW

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "mail"


class TestReading(unittest.TestCase):
    @classmethod
    def tearDownClass(cls) -> None:
        close_all()

    def test_the_child_reads_every_mail_as_the_parent_would(self) -> None:
        for name in MAILS.keys() - NOTHING_TO_SHOW.keys():
            with self.subTest(name):
                self.assertEqual(read(MAILS[name]), corpus.as_read(name))

    def test_what_cannot_be_shown_has_its_reason(self) -> None:
        for name, reason in NOTHING_TO_SHOW.items():
            with self.subTest(name), self.assertRaises(Unreadable) as caught:
                read(MAILS[name])
            self.assertEqual(caught.exception.reason, reason)

    def test_files_come_out_of_the_child(self) -> None:
        self.assertEqual(extract_confined(MAILS["texts around a file"], "2"), corpus.PDF)
        for part in ("9", "", "2\n", "é"):
            with self.assertRaises(NoSuchPart):
                extract_confined(MAILS["texts around a file"], part)

    def test_fifty_megabytes_are_read_within_the_limits(self) -> None:
        content = os.urandom(36_000_000)
        raw = corpus.multipart(corpus.plain(), corpus.file(content))
        self.assertGreater(len(raw), 49_000_000)
        self.assertEqual(read(raw).attachments[0].size, len(content))
        self.assertEqual(extract_confined(raw, "2"), content)

    def test_a_mail_that_kills_the_parser_twice_is_unreadable_for_good(self) -> None:
        for reason in get_args(Reason):
            failing = mock.patch.object(reading, "call", side_effect=ChildFailed(reason))
            with failing as call, self.assertRaises(Unreadable) as caught:
                read(MAILS["utf-8"])
            self.assertEqual(caught.exception.reason, f"parser-{reason}")
            self.assertEqual(call.call_count, 2)

    def test_one_accident_is_forgiven(self) -> None:
        answer = to_json(corpus.as_read("utf-8"))
        with mock.patch.object(reading, "call", side_effect=[ChildFailed("crash"), answer]):
            self.assertEqual(read(MAILS["utf-8"]).text, corpus.ACCENTS)

    def test_a_machine_without_children_says_nothing_of_the_mail(self) -> None:
        with (
            mock.patch.object(reading, "call", side_effect=ChildUnavailable),
            self.assertRaises(ChildUnavailable),
        ):
            read(MAILS["utf-8"])

    def test_an_answer_of_another_shape_is_refused(self) -> None:
        with (
            mock.patch.object(reading, "call", return_value=b'{"":"ParsedMail"}'),
            self.assertRaises(Unreadable),
        ):
            read(MAILS["utf-8"])


class TestForm(unittest.TestCase):
    def test_what_was_written_is_what_is_read(self) -> None:
        for name in ("dsn", "mdn 902", "texts around a file"):
            parsed = corpus.as_read(name)
            self.assertEqual(from_json(ParsedMail, to_json(parsed)), parsed)

    def test_every_wrong_field_is_refused(self) -> None:
        sound = to_json(Address("Nadia", "nadia@soleil.mssante.fr"))
        self.assertEqual(from_json(Address, sound).label, "Nadia")
        for wrong in (
            b"",
            b"[]",
            b"null",
            b'"text"',
            b"[" * 100_000,
            sound.replace(b'"Nadia"', b"1"),
            sound.replace(b'"Nadia"', b"null"),
            sound.replace(b'"Nadia"', b'["Nadia"]'),
            sound.replace(b'"Address"', b'"Path"'),
            sound.replace(b'"label"', b'"other"'),
            sound.replace(b"{", b'{"more":1,', 1),
        ):
            with self.subTest(wrong[:40]), self.assertRaises(BadForm):
                from_json(Address, wrong)

    def test_a_number_is_no_truth_and_a_list_has_an_end(self) -> None:
        parsed = to_json(corpus.as_read("utf-8"))
        for wrong in (
            parsed.replace(b'"from_list":false', b'"from_list":0'),
            parsed.replace(b'"references":[]', b'"references":[' + b",".join([b'"a"'] * 6000) + b"]"),
            parsed.replace(b'"date":"2026', b'"date":"not-2026'),
            parsed.replace(b'"report":null', b'"report":{"":"Address","label":"","address":""}'),
        ):
            self.assertNotEqual(wrong, parsed)
            with self.assertRaises(BadForm):
                from_json(ParsedMail, wrong)


@unittest.skipUnless(SAMPLES.is_dir(), "the sample mails of ANS kind are not on this machine")
class TestSamples(unittest.TestCase):
    def test_every_sample_is_read(self) -> None:
        for path in sorted(SAMPLES.glob("*.eml")):
            with self.subTest(path.name):
                raw = path.read_bytes()
                parsed = read(raw)
                self.assertTrue(parsed.text)
                self.assertEqual(parsed.defects, ())
                for file in parsed.attachments:
                    self.assertEqual(len(extract(raw, file.part)), file.size)

    def test_reports_are_reports(self) -> None:
        found = {path.name[:2] for path in SAMPLES.glob("*.eml") if parse(path.read_bytes()).report}
        self.assertEqual(found, {"06", "07", "08"})
