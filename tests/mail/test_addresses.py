"""Addresses: read leniently, compared exactly, written strictly."""

from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from portal.mail.addresses import Address, BadAddress, check_outgoing, domain_of, key_of, parse_list


def pairs(raw: bytes) -> list[tuple[str, str]]:
    return [(found.label, found.address) for found in parse_list(raw)]


class TestReading(unittest.TestCase):
    def test_the_forms_people_and_programs_write(self) -> None:
        for raw, expected in (
            (b"Nadia <nadia@soleil.mssante.fr>", [("Nadia", "nadia@soleil.mssante.fr")]),
            (b'"Martin, Dr" <dr@m.fr>, b@c.fr', [("Martin, Dr", "dr@m.fr"), ("", "b@c.fr")]),
            (b"=?utf-8?q?Martin=2C_Dr?= <dr@m.fr>", [("Martin, Dr", "dr@m.fr")]),
            (b"dr@m.fr (Dr Martin)", [("Dr Martin", "dr@m.fr")]),
            (b"a@b.fr; c@d.fr", [("", "a@b.fr"), ("", "c@d.fr")]),
            (b"Equipe: a@b.fr, c@d.fr;", [("", "a@b.fr"), ("", "c@d.fr")]),
            (b"undisclosed-recipients:;", []),
            (b"Jean Dupont jean@d.fr", [("Jean Dupont", "jean@d.fr")]),
            (b"MAILER-DAEMON (Mail System)", [("Mail System", "MAILER-DAEMON")]),
            (b"Nom\r\n <plie@d.fr>", [("Nom", "plie@d.fr")]),
            ("Élodie <e@d.fr>".encode("cp1252"), [("Élodie", "e@d.fr")]),
            (b'"O\\"Neil" <o@d.fr>', [('O"Neil', "o@d.fr")]),
            (b"", []),
        ):
            with self.subTest(raw):
                self.assertEqual(pairs(raw), expected)

    def test_an_encoded_comma_or_line_break_makes_no_second_address(self) -> None:
        found = parse_list(b"=?utf-8?q?a=40x=2Efr=2C=0D=0Ab?= <dr@m.fr>")
        self.assertEqual([address.address for address in found], ["dr@m.fr"])
        self.assertNotRegex(found[0].label, r"[\r\n]")

    def test_a_label_that_shows_another_address_is_misleading(self) -> None:
        self.assertTrue(Address("pharmacie@soleil.mssante.fr", "x@ailleurs.fr").misleading)
        self.assertFalse(Address("dr@m.fr", "DR@m.fr").misleading)
        self.assertFalse(Address("Dr Martin", "dr@m.fr").misleading)

    @given(st.binary(max_size=300))
    def test_no_bytes_make_it_fail(self, raw: bytes) -> None:
        for found in parse_list(raw):
            self.assertNotRegex(found.label + found.address, r"[\x00-\x1f]")
            found.key.encode()


class TestComparing(unittest.TestCase):
    def test_case_and_a_final_dot_do_not_count(self) -> None:
        self.assertEqual(key_of("Dr.Martin@Cabinet.MSSante.FR."), "dr.martin@cabinet.mssante.fr")

    def test_international_domains_have_one_form(self) -> None:
        self.assertEqual(domain_of("a@PHARMACIE-été.fr"), "xn--pharmacie-t-kbbb.fr")
        self.assertEqual(domain_of("a@pharmacie-été.fr"), domain_of("a@Pharmacie-été.FR"))

    def test_letters_that_only_look_alike_stay_different(self) -> None:
        self.assertNotEqual(key_of("\u212aarim@d.fr"), key_of("karim@d.fr"))  # the Kelvin sign
        self.assertNotEqual(domain_of("a@ｐatient.mssante.fr"), "patient.mssante.fr")

    def test_patients_are_known_by_their_exact_domain(self) -> None:
        ins = "279035121518989"
        self.assertTrue(Address("", f"{ins}@Patient.MSSante.fr").is_patient())
        for domain in (
            "x.patient.mssante.fr",
            "patient.mssante.fr.example",
            "ｐatient.mssante.fr",
            "mssante.fr",
        ):
            self.assertFalse(Address("", f"{ins}@{domain}").is_patient(), domain)

    def test_the_ins_is_read_from_the_address(self) -> None:
        self.assertEqual(Address("", "279032a21518989@patient.mssante.fr").ins_of(), "279032A21518989")
        for address in (
            "lea@patient.mssante.fr",
            "27903512151898@patient.mssante.fr",
            "279035121518989@d.fr",
        ):
            self.assertIsNone(Address("", address).ins_of(), address)


class TestWriting(unittest.TestCase):
    def test_sound_addresses_pass(self) -> None:
        self.assertEqual(
            check_outgoing("279035121518989@patient.mssante.fr"), "279035121518989@patient.mssante.fr"
        )
        self.assertEqual(check_outgoing("Dr.O'Neil+x@Cabinet.mssante.fr"), "Dr.O'Neil+x@cabinet.mssante.fr")

    def test_others_are_refused_with_the_reason(self) -> None:
        for address, code in (
            ("a@b.fr\r\nRCPT TO:<x@y.fr>", "control"),
            ("a@b.fr\n", "control"),
            ("a\x00@b.fr", "control"),
            ("é@b.fr", "not-ascii"),
            ("a@été.fr", "not-ascii"),
            ("a" * 65 + "@b.fr", "syntax"),
            ("a@" + "b." * 130 + "fr", "too-long"),
            *(
                (odd, "syntax")
                for odd in ("", "a", "@b.fr", "a@", "a@b", "a b@c.fr", "<a@b.fr>", '"a b"@c.fr')
            ),
            *(
                (odd, "syntax")
                for odd in ("a@@b.fr", "a@b..fr", ".a@b.fr", "a.@b.fr", "a@[1.2.3.4]", "a@-b.fr")
            ),
            *(
                (odd, "syntax")
                for odd in ("a@b.fr ", "a@b.fr>", "a,b@c.fr", "a@b.fr,c@d.fr", "a@b.fr NOTIFY=NEVER")
            ),
        ):
            with self.subTest(address), self.assertRaises(BadAddress) as caught:
                check_outgoing(address)
            self.assertEqual(caught.exception.code, code)
