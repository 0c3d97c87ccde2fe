"""Tests that what fills a blank is a time, a day, a number or a few words, and never a message of its own."""

from __future__ import annotations

from datetime import date

from django.test import SimpleTestCase

from portal.outbound.blanks import (
    BadTemplate,
    BadValue,
    BlankKind,
    Facts,
    check_template,
    fill,
    read_value,
    typed_blanks,
)

FRIDAY = date(2026, 11, 27)
FACTS = Facts(given_name="Léa", pharmacy="Pharmacie du Soleil")
NBSP = "\N{NO-BREAK SPACE}"


def read(kind: BlankKind, typed: str) -> str:
    return read_value(kind, typed, today=FRIDAY)


class WhatFillsItself(SimpleTestCase):
    TEXT = "Bonjour {patient},\n{pharmacie}, {téléphone}\n{horaires}\n{signature}"

    def test_names_hours_phone_and_signature(self) -> None:
        facts = Facts(
            "Léa", "Le Soleil", "Léa Durand", "03 86", "1 rue", "Lundi : 9 h – 12 h", "Claire", "Claire M."
        )
        filled = fill(self.TEXT, {}, facts, today=FRIDAY)
        self.assertEqual(filled.text, "Bonjour Léa Durand,\nLe Soleil, 03 86\nLundi : 9 h – 12 h\nClaire M.")
        self.assertEqual(filled.faults, {})

    def test_what_the_pharmacy_did_not_say_of_itself_is_said_and_does_not_leave(self) -> None:
        filled = fill(self.TEXT, {}, FACTS, today=FRIDAY)
        self.assertIn("[téléphone]", filled.text)
        self.assertEqual(set(filled.faults), {"telephone", "horaires"})
        self.assertIn("console", filled.faults["telephone"])

    def test_they_are_not_typed(self) -> None:
        self.assertEqual(typed_blanks(self.TEXT + "{adresse}{auteur}{prénom}"), ())


class Values(SimpleTestCase):
    def test_times_days_and_numbers_are_written_as_one_says_them(self) -> None:
        for kind, typed, written in (
            (BlankKind.TIME, "09:30", f"9{NBSP}h{NBSP}30"),
            (BlankKind.TIME, "14h", f"14{NBSP}h"),
            (BlankKind.DATE, "2026-12-01", f"mardi 1er{NBSP}décembre"),
            (BlankKind.DATE, "4/1/2027", f"lundi 4{NBSP}janvier{NBSP}2027"),
            (BlankKind.NUMBER, "03", "3"),
            (BlankKind.WORDS, " Doliprane 1000 mg, boîte de 8 ", "Doliprane 1000 mg, boîte de 8"),
            (BlankKind.WORDS, "L’Avène 0.5 % (tube)", "L’Avène 0.5 % (tube)"),
        ):
            with self.subTest(typed):
                self.assertEqual(read(kind, typed), written)

    def test_no_message_gets_through_a_blank(self) -> None:
        for kind, typed in (
            (BlankKind.TIME, "25:00"),
            (BlankKind.TIME, "9 h et appelez-moi"),
            (BlankKind.DATE, "demain"),
            (BlankKind.DATE, "2026-02-30"),
            (BlankKind.DATE, "2030-01-01"),
            (BlankKind.NUMBER, "1000"),
            (BlankKind.NUMBER, "-1"),
            (BlankKind.NUMBER, "\u0663"),
            (BlankKind.WORDS, ""),
            (BlankKind.WORDS, "\u200b\u202e"),
            (BlankKind.WORDS, "x" * 41),
            (BlankKind.WORDS, "voyez pharmacie-pas-chere.fr"),
            (BlankKind.WORDS, "http //ailleurs"),
            (BlankKind.WORDS, "lea@exemple"),
            (BlankKind.WORDS, "appelez le 06 12 34 56 78"),
            (BlankKind.WORDS, "Doliprane : arrêtez tout"),
            (BlankKind.WORDS, "{heure}"),
            (BlankKind.WORDS, "<b>gras</b>"),
        ):
            with self.subTest(f"{kind} {typed!r}"), self.assertRaises(BadValue):
                read(kind, typed)

    def test_several_lines_become_one(self) -> None:
        self.assertEqual(read(BlankKind.WORDS, "Doliprane\r\n\r\n1000"), "Doliprane 1000")


class Filling(SimpleTestCase):
    def test_every_blank_of_one_name_says_the_same(self) -> None:
        filled = fill("{heure}, je dis bien {Heure}.", {"heure": "9:00"}, FACTS, today=FRIDAY)

        self.assertEqual((filled.text, filled.faults), (f"9{NBSP}h, je dis bien 9{NBSP}h.", {}))

    def test_two_of_a_kind_are_told_apart_by_what_follows(self) -> None:
        text = "De {heure d’ouverture} à {heure de fermeture}."

        filled = fill(text, {"heure d'ouverture": "8:30", "heure de fermeture": "19:00"}, FACTS, today=FRIDAY)

        self.assertEqual(filled.text, f"De 8{NBSP}h{NBSP}30 à 19{NBSP}h.")

    def test_an_empty_blank_shows_its_name_and_says_so(self) -> None:
        filled = fill("Prêt à {heure}, {produit} aussi.", {}, FACTS, today=FRIDAY)

        self.assertEqual(filled.text, "Prêt à [heure], [produit] aussi.")
        self.assertEqual(set(filled.faults), {"heure", "produit"})

    def test_the_patients_name_and_the_pharmacys_fill_themselves(self) -> None:
        text = "Bonjour {prénom},\n\n{pharmacie}"

        self.assertEqual(fill(text, {}, FACTS, today=FRIDAY).text, "Bonjour Léa,\n\nPharmacie du Soleil")
        nameless = fill(text, {"prenom": "Karim"}, Facts("", "La Gare"), today=FRIDAY)
        self.assertEqual(nameless.text, "Bonjour,\n\nLa Gare")


class Writing(SimpleTestCase):
    def test_words_that_could_not_be_used_are_refused(self) -> None:
        for text in (" \n ", "À {heure", "À heure}", "{{heure}}", "{un} {deux} {trois} {quatre}"):
            with self.subTest(text), self.assertRaises(BadTemplate):
                check_template(text)
