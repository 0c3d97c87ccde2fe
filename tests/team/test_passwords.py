"""CNIL 2022-100: what is refused is told what it lacks."""

from __future__ import annotations

from unittest import TestCase

from portal.team.passwords import WeakPassword, check_password_rule
from tests.cast import PASSWORD

ABOUT = ("nadia.b", "Nadia Benali", "Pharmacie du Soleil")


class PasswordRule(TestCase):
    def refused(self, password: str) -> str:
        with self.assertRaises(WeakPassword) as caught:
            check_password_rule(password, about=ABOUT)
        return str(caught.exception)

    def test_twelve_characters_of_four_kinds_are_taken(self) -> None:
        check_password_rule("Hibou-vert-3", about=ABOUT)
        check_password_rule("Ééàç-vert-38", about=ABOUT)
        check_password_rule(PASSWORD, about=ABOUT)

    def test_fourteen_characters_of_three_kinds_are_taken(self) -> None:
        check_password_rule("Hibouvertjoli3", about=ABOUT)
        check_password_rule("hibou-vert-joli3", about=ABOUT)

    def test_a_phrase_of_seven_words_is_taken(self) -> None:
        check_password_rule("le hibou vert mange six pommes dehors", about=ABOUT)

    def test_what_lacks_is_said_exactly(self) -> None:
        for password, lack in (
            ("Hibou-ver-3", "Il manque 1 caractère de plus"),
            ("Hibouverts3", "Il manque 3 caractères de plus"),
            (
                "hibouvertjolimot",
                "Il manque 2 autres sortes de caractères (une majuscule, un chiffre, un signe)",
            ),
            (
                "hibou-vert",
                "Il manque 1 autre sorte de caractères (une majuscule, un chiffre) et 4 caractères",
            ),
            ("le hibou vert mange six pommes", "Il manque 2 autres sortes"),
            ("mot mot mot mot mot mot mot", "Il manque 2 autres sortes"),
        ):
            with self.subTest(password):
                self.assertIn(lack, self.refused(password))

    def test_what_everybody_tries_is_refused(self) -> None:
        self.assertIn("parmi les plus employés", self.refused("Password1234!"))
        self.assertIn("parmi les plus employés", self.refused("1qaz2wsx3edc4RFV"))
        self.assertIn("mêmes signes", self.refused("Aa1-Aa1-Aa1-Aa1-"))

    def test_words_of_the_house_are_refused(self) -> None:
        for password, word in (
            ("Soleil-2026!", "soleil"),
            ("Pharmacie2026!", "pharmacie"),
            ("Nadia.Benali-1", "benali"),
            ("0fficinal-2026", "officinal"),
            ("MSSante-2026-!", "mssante"),
        ):
            with self.subTest(password):
                self.assertIn(f"« {word} »", self.refused(password))

    def test_a_house_word_among_others_is_taken(self) -> None:
        check_password_rule("le soleil du lundi brille sur trois hiboux", about=ABOUT)
        check_password_rule("Soleil-Cactus-41-rive", about=ABOUT)

    def test_more_than_a_hundred_and_twenty_eight_characters_are_refused(self) -> None:
        check_password_rule("Hibou-vert-3" * 10 + "Hibou-ve", about=ABOUT)
        self.assertIn("128", self.refused("Hibou-vert-3" * 11))
