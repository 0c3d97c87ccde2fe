"""Every fault has its French lines, and none lets a secret or an address through."""

from __future__ import annotations

from datetime import date
from unittest import TestCase

from portal.mail.faults import Code, MailboxFault, TemporaryFault, cause, explain, remedy, scrub


class ExplanationTests(TestCase):
    def test_every_code_has_one_line_of_cause_and_one_of_what_to_do(self) -> None:
        for code in Code:
            lines = explain(TemporaryFault(code)).split("\n")
            self.assertEqual(lines, [cause(code), remedy(code)], code)
            for line in lines:
                self.assertRegex(line, r"^[A-ZÀÉ].*\.$", code)
                self.assertNotRegex(line, "[{}']", code)

    def test_an_expired_certificate_is_shown_with_its_date(self) -> None:
        fault = MailboxFault(Code.TLS_EXPIRED, when=date(2026, 11, 12))

        self.assertIn("Le serveur de l’opérateur présente un certificat expiré (12/11/2026).", explain(fault))

    def test_high_punctuation_follows_a_no_break_space(self) -> None:
        self.assertIn("chiffrée\u00a0; rien", cause(Code.STARTTLS_TAMPERED))


class ScrubbingTests(TestCase):
    def test_an_address_a_number_and_a_token_do_not_reach_the_detail(self) -> None:
        told = "550 5.1.1 <279035121518989@patient.mssante.fr> 2 79 03 51 215 189 89 AHNvbGVpbABzZWNyZXQgd29y"
        fault = TemporaryFault(Code.DEFERRED, told)

        for secret in ("279035121518989", "patient.mssante.fr", "215 189", "AHNvbGVp"):
            self.assertNotIn(secret, str(fault))
            self.assertNotIn(secret, repr(fault))
        self.assertIn("550 5.1.1", str(fault))

    def test_control_characters_and_length_are_cut(self) -> None:
        self.assertEqual(scrub("a\r\nb\x00c\u202ed"), "a b c d")
        self.assertEqual(len(scrub("a b " * 400)), 200)
