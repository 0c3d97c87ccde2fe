"""Finding without reading."""

from __future__ import annotations

import unicodedata

from django.db import connection
from django.test import SimpleTestCase

from portal.vault.index import (
    EVERYWHERE,
    PREFIXED,
    ROUGH,
    Field,
    fingerprint,
    query_tokens,
    tokens_for,
    tsquery_literal,
    tsvector_literal,
)
from portal.vault.keys import rotate_data_key
from portal.vault.words import fold, words
from tenants.context import NoPharmacy, inside, leave
from tests.vault.pharmacies import pharmacy
from tests.vault.scratch import ScratchTestCase

MAIL = (
    "Bonjour, l’ordonnance de Mme Éloïse Lefèvre (INS 2 79 03 51 215 189 89) prévoit du Doliprane 1000mg "
    "et du bisoprolol 2,5 mg. Elle est joignable au 06 12 34 56 78 ; œdèmes signalés aujourd'hui."
)


class WordTests(SimpleTestCase):
    def test_french_text_is_cut_at_elisions_and_hyphens_and_says_no_small_words(self) -> None:
        self.assertEqual(
            words("L’ordonnance d'aujourd'hui : qu’est-ce que c’est ? Rendez-vous à l'hôpital."),
            {"ordonnance", "aujourd", "hui", "rendez", "hopital"},
        )

    def test_case_accents_and_ligatures_do_not_matter(self) -> None:
        self.assertEqual(words("ŒDÈME Médecin"), words("oedeme MEDECIN"))
        self.assertEqual(words("Me\u0301decin"), words("médecin"))

    def test_the_quick_way_to_take_accents_off_gives_what_unicode_gives(self) -> None:
        western = bytes(sorted(set(range(256)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D})).decode("cp1252")
        for text in (*western, western, f"é{western}", "Łódź, Ωμέγα", "½ ™ … ﬁ é"):
            levelled = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
            self.assertEqual(fold(text), "".join(c for c in levelled if not "\u0300" <= c <= "\u036f"), text)

    def test_a_dose_is_found_however_it_was_spaced(self) -> None:
        self.assertEqual(words("5mg 1000mg"), words("5 mg 1000 mg"))
        self.assertEqual(words("vitamine B12"), {"vitamine", "b12", "12"})

    def test_numbers_that_people_space_are_one_word(self) -> None:
        for ins in (
            "279035121518989",
            "2 79 03 51 215 189 89",
            "2790351215189 89",
            "2\xa079\xa003\xa051\xa0215 189 89",
        ):
            self.assertEqual(words(ins), {"279035121518989"})
        self.assertEqual(words("1 85 05 2A 123 456 73"), {"185052a12345673"})
        for phone in (
            "06 12 34 56 78",
            "06.12.34.56.78",
            "06-12-34-56-78",
            "+33 6 12 34 56 78",
            "+33612345678",
        ):
            self.assertEqual(words(f"tél. {phone}."), {"tel", "0612345678"})

    def test_what_is_no_word_is_left_out(self) -> None:
        self.assertEqual(words("A" * 41 + " b — … 7"), {"7"})


class TokenTests(SimpleTestCase):
    def setUp(self) -> None:
        self.pharmacy = pharmacy()
        self.enterContext(inside(self.pharmacy))

    def finds(self, query: str, text: str, field: Field = Field.BODY) -> bool:
        stored = set(tokens_for({field: text}))
        groups = query_tokens(query)
        return bool(groups) and all(stored & set(group) for group in groups)

    def test_words_are_found_in_any_form_and_order(self) -> None:
        for query in (
            "ordonnances",
            "LEFEVRE eloise",
            "doliprane 1000",
            "oedème",
            "l'ordonnance signalée",
        ):
            with self.subTest(query=query):
                self.assertTrue(self.finds(query, MAIL))
        self.assertFalse(self.finds("ordonnance amoxicilline", MAIL))

    def test_a_patient_is_found_by_ins_with_or_without_its_key(self) -> None:
        for query in ("279035121518989", "2 79 03 51 215 189 89", "2790351215189", "2 79 03 51 215 189"):
            self.assertTrue(self.finds(query, MAIL), query)

    def test_the_beginning_of_a_word_is_found_from_three_letters_in_short_texts_and_from_five_in_long_ones(
        self,
    ) -> None:
        for field in EVERYWHERE:
            with self.subTest(field=field):
                self.assertEqual(self.finds("lef", "Lefèvre", field), field in PREFIXED)
                self.assertEqual(self.finds("lefev", "Lefèvre", field), field in PREFIXED | ROUGH)
        self.assertTrue(self.finds("lefevredu", "Lefèvre-Dupont Lefevredupont", Field.NAME))
        self.assertFalse(self.finds("le", "Lefèvre", Field.NAME))

    def test_of_the_words_of_a_body_no_more_than_their_roots_are_told_apart(self) -> None:
        for field in ROUGH:
            self.assertEqual(tokens_for({field: "prescription"}), tokens_for({field: "prescripteur"}))
            self.assertEqual(tokens_for({field: "prescription"}), tokens_for({field: "prescrire presc"}))
        self.assertTrue(self.finds("canal", "les canaux lacrymaux"))
        self.assertTrue(self.finds("boites", "une boîte"))

    def test_an_operator_looks_into_its_field_only(self) -> None:
        stored = set(tokens_for({Field.SUBJECT: "Renouvellement", Field.BODY: "Martin"}))
        (subject,) = query_tokens("martin", fields=[Field.SUBJECT])
        (body,) = query_tokens("martin", fields=[Field.BODY])

        self.assertFalse(stored & set(subject))
        self.assertTrue(stored & set(body))

    def test_a_token_is_eight_letters_and_tells_neither_order_nor_number(self) -> None:
        tokens = tokens_for({Field.BODY: "insuline metformine insuline"})

        self.assertEqual(tokens, tokens_for({Field.BODY: "metformine insuline"}))
        self.assertEqual(tokens, sorted(tokens))
        self.assertEqual([len(token) for token in tokens], [8, 8])
        self.assertRegex("".join(tokens), r"\A[A-Za-z0-9+/]{16}\Z")

    def test_tokens_of_two_fields_or_two_pharmacies_have_nothing_in_common(self) -> None:
        mine = {field: set(tokens_for({field: MAIL})) for field in EVERYWHERE}
        self.assertEqual(len(set().union(*mine.values())), sum(map(len, mine.values())))
        with inside(pharmacy()):
            self.assertFalse(mine[Field.BODY] & set(tokens_for({Field.BODY: MAIL})))

    def test_rotating_the_data_key_leaves_the_index_usable(self) -> None:
        before = tokens_for({Field.BODY: MAIL}), fingerprint("ins", "279035121518989")
        self.pharmacy.sealed_keyring = rotate_data_key(self.pharmacy.id, bytes(self.pharmacy.sealed_keyring))

        self.assertEqual(before, (tokens_for({Field.BODY: MAIL}), fingerprint("ins", "279035121518989")))

    def test_a_query_of_small_words_cannot_be_looked_for(self) -> None:
        for query in ("", "le de la", "à", "?!"):
            self.assertEqual(query_tokens(query), [])

    def test_a_hostile_text_gives_a_bounded_number_of_tokens(self) -> None:
        self.assertLessEqual(len(tokens_for({Field.BODY: " ".join(f"w{n}" for n in range(70_000))})), 20_000)

    def test_a_fingerprint_belongs_to_its_purpose_and_pharmacy(self) -> None:
        mine = fingerprint("ins", "279035121518989")

        self.assertRegex(mine, r"\A[0-9a-f]{32}\Z")
        self.assertEqual(fingerprint("ins", b"279035121518989"), mine)
        self.assertNotEqual(fingerprint("subject", "279035121518989"), mine)
        with inside(pharmacy()):
            self.assertNotEqual(fingerprint("ins", "279035121518989"), mine)

    def test_there_are_no_tokens_outside_a_pharmacy(self) -> None:
        leave()
        with self.assertRaises(NoPharmacy):
            tokens_for({Field.BODY: MAIL})


class PostgresTests(ScratchTestCase):
    def matches(self, query: str, text: str) -> bool:
        with connection.cursor() as cursor:
            vector = tsvector_literal(tokens_for({Field.SUBJECT: text}))
            cursor.execute(
                "SELECT %s::tsvector @@ %s::tsquery", [vector, tsquery_literal(query_tokens(query))]
            )
            return bool(cursor.fetchone()[0])

    def test_the_database_finds_what_the_tokens_say(self) -> None:
        self.assertTrue(self.matches("renouvellement lefev", "Renouvellement de Mme Lefèvre"))
        self.assertFalse(self.matches("renouvellement martin", "Renouvellement de Mme Lefèvre"))

    def test_every_letter_a_token_may_have_is_read_back(self) -> None:
        tokens = [letter * 8 for letter in "azAZ09+/"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT tsvector_to_array(%s::tsvector)", [tsvector_literal(tokens)])
            self.assertEqual(sorted(cursor.fetchone()[0]), sorted(tokens))
