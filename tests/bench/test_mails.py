"""Tests that the mails that are measured are what the figures say they are."""

from __future__ import annotations

from unittest import TestCase

from bench.mails import FILE_BYTES, Writer, ins_of
from portal.mail.parse import parse
from portal.patients.identity import key_fits

TO = "pharmacie@officine-test.mssante.fr"


class Mails(TestCase):
    def test_a_text_has_about_4700_bytes(self) -> None:
        sizes = [len(letter.raw) for letter in Writer(TO, seed=1).texts(50)]

        self.assertAlmostEqual(sum(sizes) / len(sizes), 4_700, delta=200)

    def test_a_file_has_one_megabyte(self) -> None:
        (letter,) = Writer(TO, seed=1).files(1)

        self.assertEqual([file.size for file in parse(letter.raw).attachments], [FILE_BYTES])

    def test_one_mail_in_four_answers_an_earlier_one_of_the_same_sender(self) -> None:
        mails = [parse(letter.raw) for letter in Writer(TO, seed=1).texts(40)]
        senders = {mail.message_id: mail.sender for mail in mails}
        answers = [mail for mail in mails if mail.in_reply_to]

        self.assertEqual(len(answers), 10)
        self.assertTrue(all(senders[mail.in_reply_to[0]] == mail.sender for mail in answers))

    def test_the_same_seed_writes_the_same_mails(self) -> None:
        self.assertEqual(Writer(TO, seed=2).texts(3), Writer(TO, seed=2).texts(3))
        self.assertNotEqual(Writer(TO, seed=2).texts(3), Writer(TO, seed=3).texts(3))

    def test_patients_have_an_ins_whose_key_fits(self) -> None:
        self.assertTrue(all(key_fits(ins_of(number)) for number in range(300)))
