"""What people read: HTML as its words, quotes told from what is new, and never more than fits."""

from __future__ import annotations

import dataclasses
import unittest
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from portal.mail.display import CUT_NOTICE, Apart, fold_quotes, set_apart, text_of
from portal.mail.htmltext import html_to_text
from portal.mail.parse import parse
from tests.effort import LIMIT, growth
from tests.mail.corpus import MAILS


def words(source: str) -> str:
    return html_to_text(source, 10_000)


class TestHtml(unittest.TestCase):
    def test_blocks_lists_and_tables_keep_their_lines(self) -> None:
        source = """<html><head><title>x</title><style>p{color:red}</style></head><body>
            <p>Bonjour&nbsp;<b>Nadia</b>,<br>voici&nbsp;:</p><ul><li>Doliprane<li>Spasfon</ul>
            <table><tr><td>Matin</td><td>1</td></tr><tr><td>Soir</td><td>2</td></tr></table><hr>Merci</body>"""
        self.assertEqual(
            words(source),
            "Bonjour Nadia,\nvoici :\n\n• Doliprane\n• Spasfon\n\nMatin\t1\nSoir\t2\n\n-----\nMerci",
        )

    def test_scripts_styles_and_comments_are_not_words(self) -> None:
        self.assertEqual(
            words("a<script>alert(1)</script>b<STYLE>x</STYLE >c<!-- d -->e<!DOCTYPE x>f"), "abcef"
        )

    def test_hidden_words_are_shown(self) -> None:
        self.assertIn("caché", words('<p style="display:none;font-size:0">caché</p>'))

    def test_a_link_says_where_it_goes(self) -> None:
        self.assertEqual(
            words('<a href="https://exemple.fr/x">Cliquez</a>'), "Cliquez <https://exemple.fr/x>"
        )
        self.assertEqual(words('<a href="https://exemple.fr/">exemple.fr</a>'), "exemple.fr")
        self.assertEqual(words('<a href="javascript:alert(1)">ici</a>'), "ici")

    def test_pictures_speak_by_their_alternative(self) -> None:
        self.assertEqual(
            words('a <img src="cid:x" alt="logo &amp; nom"> b<img src="http://x/">'),
            "a [image : logo & nom] b",
        )

    def test_quotes_become_quoted_lines(self) -> None:
        self.assertEqual(
            words("Oui<blockquote>Ou<br>non<blockquote>Quoi</blockquote></blockquote>Fin"),
            "Oui\n> Ou\n> non\n>> Quoi\nFin",
        )

    def test_tags_are_cut_as_browsers_cut_them(self) -> None:
        self.assertEqual(words('<p title="a>b">c</p>'), "c")
        self.assertEqual(words("<p title=it's>c</p>"), "c")
        self.assertEqual(words("1 < 2 et 3 > 2"), "1 < 2 et 3 > 2")
        self.assertEqual(words("avant<!-- jamais ferme <p>cache"), "avant")

    def test_preformatted_text_keeps_its_spaces(self) -> None:
        self.assertEqual(words("<pre>a   b\n  c</pre>d"), "a   b\n  c\n\nd")

    def test_hostile_markup_costs_linear_time(self) -> None:
        def read(piece: str, size: int) -> None:
            html_to_text(piece * (size // len(piece)), 1_000_000)

        for piece in (
            "<div>",
            "<!--",
            '<a href="',
            "<a href='http://x'>w",
            "<",
            "</a>",
            "<blockquote>",
            '<p x="',
            "<td> ",
            "<script>",
            "<a =",
            "&amp",
            "<pre>\n",
            "<b a=b ",
        ):
            with self.subTest(piece):
                self.assertLess(growth(partial(read, piece), 50_000), LIMIT)

    @given(st.text(alphabet=st.sampled_from(list("<>/!-abp\"'=& \n;é")), max_size=200))
    def test_no_markup_makes_it_fail(self, source: str) -> None:
        self.assertLessEqual(len(html_to_text(source, 50)), 50)


class TestText(unittest.TestCase):
    def test_a_long_text_is_cut_and_says_so(self) -> None:
        parsed = parse(MAILS["utf-8"])
        self.assertEqual(text_of(parsed), parsed.text)
        long = dataclasses.replace(parsed, text="x" * 200_000)
        self.assertEqual(text_of(long, 1000), "x" * 1000 + CUT_NOTICE)


class TestQuotes(unittest.TestCase):
    def kinds(self, text: str) -> list[tuple[str, str]]:
        return [(segment.kind, segment.text) for segment in fold_quotes(text)]

    def test_quoted_lines_are_told_from_own_ones(self) -> None:
        self.assertEqual(
            self.kinds("Oui.\n> Viendrez-vous ?\n> Karim\nMerci"),
            [
                ("own", "Oui."),
                ("quoted", "> Viendrez-vous ?\n> Karim"),
                ("own", "Merci"),
            ],
        )

    def test_the_french_line_that_announces_a_quote_goes_with_it(self) -> None:
        for line in (
            "Le 12 janvier 2026 à 09:12, Pharmacie du Soleil a écrit :",
            "Le lun. 12 janv. 2026 à 09:12, Pharmacie du Soleil\n<pharmacie@soleil.mssante.fr> a écrit :",
            "On Mon, 12 Jan 2026, Pharmacie du Soleil wrote:",
        ):
            with self.subTest(line):
                quoted = f"{line}\n\n> Bonjour"
                self.assertEqual(self.kinds(f"Oui.\n\n{quoted}"), [("own", "Oui.\n"), ("quoted", quoted)])

    def test_what_outlook_puts_below_is_quoted_to_the_end(self) -> None:
        for head in (
            "De : Pharmacie du Soleil\nEnvoyé : lundi 12 janvier\nÀ : Léa\nObjet : Ordonnance",
            "________________________________\nDe : Pharmacie\nÀ : Léa\nEnvoyé : lundi",
            "-----Message d'origine-----\nDe : Pharmacie",
        ):
            with self.subTest(head):
                rest = f"{head}\n\nBonjour Léa\n> et plus ancien"
                self.assertEqual(self.kinds(f"Oui.\n{rest}"), [("own", "Oui."), ("quoted", rest)])

    def test_a_dated_line_quotes_what_is_below_though_nothing_is_marked(self) -> None:
        for line in (
            "Le lundi 12 janvier 2026 à 09:12:33 UTC+1, Léa Durand <lea@patient.mssante.fr> a écrit :",
            "Le 12 janv. 2026 à 9h12, Pharmacie du Soleil a écrit :",
            "On Jan 12, 2026, at 9:12 AM, Pharmacie du Soleil <pharmacie@soleil.mssante.fr> wrote:",
        ):
            with self.subTest(line):
                quoted = f"{line}\n\nBonjour Léa"
                self.assertEqual(set_apart(f"Oui.\n\n{quoted}"), Apart("Oui.", quoted))

    def test_a_signature_goes_with_the_quote_below_it(self) -> None:
        self.assertEqual(
            set_apart("Oui.\n-- \nDr Petit\n01 02 03\n\nLe 12/1, Léa a écrit :\n> Quand ?"),
            Apart("Oui.", "Le 12/1, Léa a écrit :\n> Quand ?", "-- \nDr Petit\n01 02 03"),
        )
        self.assertEqual(
            set_apart("> Quand ?\nDemain.\n--\nDr Petit"), Apart("Demain.", "> Quand ?", "--\nDr Petit")
        )

    def test_what_is_handed_on_is_shown_whole(self) -> None:
        for mark in (
            "---------- Message transféré ---------",
            "---------- Forwarded message ---------",
            "Début du message transféré :",
            "> Begin forwarded message:",
        ):
            with self.subTest(mark):
                text = f"Pour vous.\n\n{mark}\nDe : Léa\nDate : 12 janvier\n\n> Bonjour"
                self.assertEqual(set_apart(text), Apart(text))

    def test_the_only_words_are_never_folded_away(self) -> None:
        for text in (
            "> Quand ?\nDemain.\n> Où ?\nChez vous.",
            "> Tout est cité.",
            "-- \nLéa Durand",
            "Suite\n--\n" + "une ligne de plus\n" * 16,
            "Un\n--\nDeux\n> cité\nTrois",
            "De : Léa\nEnvoyé : lundi\n\nBonjour",
        ):
            with self.subTest(text):
                self.assertEqual(set_apart(text), Apart(text.strip()))

    def test_own_words_that_look_alike_stay_own(self) -> None:
        for text in (
            "Le docteur a écrit : 3 fois par jour",
            "De : 8 h\nà : 12 h",
            "Le matin.\nIl a écrit :\nrien",
        ):
            self.assertEqual(self.kinds(text), [("own", text)], text)

    @given(
        st.lists(
            st.sampled_from(
                [
                    *["", "> a", ">", "Le 1 mai, Léa a écrit :", "De : x", "Envoyé : y", "mot", "_" * 12],
                    *["-- ", "Le 1 mai à 9:12, Léa a écrit :", "Début du message transféré :"],
                ]
            )
        )
    )
    def test_nothing_is_lost(self, lines: list[str]) -> None:
        text = "\n".join(lines)
        self.assertEqual("\n".join(segment.text for segment in fold_quotes(text)), text)
        apart = set_apart(text)
        self.assertEqual(bool(apart.text), bool(text.strip()))
        self.assertEqual(sorted("\n".join(apart).split()), sorted(text.split()))
