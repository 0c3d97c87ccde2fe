"""One finds people and places by the beginnings of words, in any order, those near by first."""

from __future__ import annotations

from portal.directory.naming import does, label_of, where
from portal.directory.search import find_entries
from tests.base import CommittingPharmacyTestCase
from tests.directory.files import LINES, doctor, line, load

FAR = {"line6": "31000 TOULOUSE", "postcode": "31000"}
NEAR = {"line6": "58640 VARENNES VAUZELLES", "postcode": "58640"}


def names(typed: str, postcode: str = "") -> list[str]:
    return [label_of(entry) for entry in find_entries(typed, postcode=postcode).entries]


class Searching(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.assertFalse(find_entries("martin").loaded)
        load(LINES)

    def test_by_name_trade_speciality_place_structure_and_address(self) -> None:
        for typed, wanted in {
            "lefe": "Dr Hélène LEFÈVRE",
            "Lefèvre": "Dr Hélène LEFÈVRE",
            "LEFEVRE hel": "Dr Hélène LEFÈVRE",
            "mart paul": "Dr Paul MARTIN",
            "paul mart": "Dr Paul MARTIN",
            "cardio dij": "Dr Paul MARTIN",
            "medecin nevers": "Dr Sophie MARTIN",
            "58000 mart": "Dr Sophie MARTIN",
            "place du marche": "Dr Sophie MARTIN",
            "chu urg": "CHU DE DIJON – Urgences",
            "bocage": "CHU DE DIJON – Urgences",
            "helene.lefevre@chu-test": "Dr Hélène LEFÈVRE",
        }.items():
            with self.subTest(typed):
                self.assertEqual(names(typed)[:1], [wanted])

    def test_as_one_says_it(self) -> None:
        nurse = line("n@x.mssante.fr", last="ROY", first="LEA", title="MME", trade="Infirmier")
        child = doctor("p@x.mssante.fr", "PONS", "LUC", skill="Pédiatrie")
        load([*LINES, nurse, child], force=True)

        for typed, wanted in {
            "Dr Martin": "Dr Paul MARTIN",
            "docteur martin sophie": "Dr Sophie MARTIN",
            "cardiologue": "Dr Paul MARTIN",
            "cardiologue martin": "Dr Paul MARTIN",
            "généraliste nevers": "Dr Sophie MARTIN",
            "pédiatre": "Dr Luc PONS",
            "infirmière": "Mme Lea ROY",
            "Mme Roy": "Mme Lea ROY",
        }.items():
            with self.subTest(typed):
                self.assertEqual(names(typed)[:1], [wanted])
        self.assertEqual(names("dr"), [])

    def test_every_word_must_be_met(self) -> None:
        self.assertEqual(names("martin toulouse"), [])
        self.assertEqual(names("zzyzx"), [])

    def test_those_near_come_first_and_a_name_counts_more_than_a_street(self) -> None:
        self.assertEqual(names("martin", "58000")[:2], ["Dr Sophie MARTIN", "Dr Paul MARTIN"])
        self.assertEqual(names("martin", "21000")[:2], ["Dr Paul MARTIN", "Dr Sophie MARTIN"])
        self.assertEqual(names("marti", "21000")[-1], "CHU DE DIJON – Urgences")  # rue de Martinique

    def test_a_name_that_is_typed_whole_comes_before_a_longer_one(self) -> None:
        load(
            [doctor("a@x.mssante.fr", "BLANCHARD", "ANNE"), doctor("b@x.mssante.fr", "BLANC", "ZOE")],
            force=True,
        )

        self.assertEqual(names("blanc"), ["Dr Zoe BLANC", "Dr Anne BLANCHARD"])

    def test_a_town_counts_alike_whether_it_is_in_the_structures_name_or_in_the_address(self) -> None:
        other = doctor("g@x.mssante.fr", "MARTINEZ", "GABRIEL", structure="MAISON DE NEVERS", **NEAR)
        load([other, *LINES], force=True)

        self.assertEqual(names("mart nevers", "58000"), ["Dr Sophie MARTIN", "Dr Gabriel MARTINEZ"])

    def test_short_and_odd_words_are_no_fault(self) -> None:
        load([doctor("ly@x.mssante.fr", "LY", "AN"), *LINES], force=True)

        self.assertEqual(names("ly"), ["Dr An LY"])
        self.assertEqual(names("ly a"), ["Dr An LY"])
        for typed in (
            "",
            "m",
            "&",
            "'",
            "a:*",
            "' | !",
            "%",
            "_",
            "\\",
            "é",
            "mssante fr",
            "x" * 5000,
        ):
            with self.subTest(typed):
                self.assertEqual(names(typed, "58000"), [])

    def test_words_that_everybody_has_still_find_those_near_by(self) -> None:
        many = [doctor(f"d{n}@x.mssante.fr", f"NOM{n:03}", "JEAN", **FAR) for n in range(400)]
        load([*many, doctor("ici@x.mssante.fr", "ICI", "ANNE", **NEAR)], force=True)

        self.assertEqual(names("medecin", "58000")[0], "Dr Anne ICI")
        self.assertEqual(names("med gen var", "58000"), ["Dr Anne ICI"])
        found = find_entries("medecin", postcode="58000")
        self.assertTrue(found.more)
        self.assertEqual(len(found.entries), 12)

    def test_a_label_can_stand_before_an_address(self) -> None:
        load(
            [line("s@x.mssante.fr", kind="ORG", structure='CENTRE "LE PARC", <NORD>; A', service="Soins")],
            force=True,
        )

        (entry,) = find_entries("parc").entries
        self.assertEqual(label_of(entry), "CENTRE LE PARC NORD A – Soins")
        self.assertEqual((does(entry), where(entry)), ("Boîte de l’établissement", ""))
