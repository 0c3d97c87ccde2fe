"""Tests that a run says in one line what it left out, and fails for it where nothing may be left out."""

from __future__ import annotations

from unittest import TestCase

from tests.skips import refused, told

DOVECOT = "Skipped: dovecot-imapd, dovecot-lmtpd is not installed"
SAMPLES = "Skipped: the sample mails of ANS kind are not on this machine"


class Skips(TestCase):
    def test_one_line_says_what_to_install(self) -> None:
        line = told([DOVECOT, DOVECOT, "Skipped: chromium is not installed"])

        self.assertEqual(
            line,
            "3 skipped: 2 × dovecot-imapd, dovecot-lmtpd is not installed, 1 × chromium is not installed"
            " (to run them: apt install chromium dovecot-imapd dovecot-lmtpd)",
        )

    def test_a_library_comes_from_its_own_list(self) -> None:
        self.assertIn("pip install -r requirements-browser.txt", told(["playwright is not installed"]))

    def test_nothing_is_said_of_nothing(self) -> None:
        self.assertEqual(told([]), "")

    def test_only_papers_that_cannot_be_handed_on_may_be_missing(self) -> None:
        self.assertFalse(refused([SAMPLES]))
        self.assertTrue(refused([SAMPLES, DOVECOT]))
        self.assertIn("sample mails", told([SAMPLES]))
