"""Tests that a message is found by its words from the moment it is there, and that its words are not there."""

from __future__ import annotations

from django.db import connection

from portal.conversations.models import Message
from portal.vault.index import query_tokens, tsquery_literal
from tests.base import PharmacyTestCase
from tests.conversations.mails import FILE, received
from tests.mailboxes.boxes import open_box


class Search(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.message = received(
            open_box(), subject="Mes médicaments", text="Il me faut du Levothyrox 75 µg.", files=(FILE,)
        )

    def found(self, words: str) -> list[Message]:
        query = tsquery_literal(query_tokens(words))
        return list(Message.objects.extra(where=["tokens @@ %s::tsquery"], params=[query]))

    def test_subject_text_name_address_and_file_name_find_it(self) -> None:
        for words in (
            "médicament",
            "lévothyrox",
            "Durand Léa",
            "279035121518989",
            "ordonnance durand",
            "medic",
        ):
            with self.subTest(words=words):
                self.assertEqual(self.found(words), [self.message])

    def test_other_words_do_not(self) -> None:
        self.assertEqual(self.found("doliprane"), [])

    def test_no_word_stands_in_the_row(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m::text, c::text FROM conversations_message m, conversations_conversation c"
            )
            row = "".join(cursor.fetchone()).lower()
        for word in ("levothyrox", "durand", "medicament", "279035121518989"):
            self.assertNotIn(word, row)

    def test_a_mail_of_twenty_thousand_names_is_filed_all_the_same(self) -> None:
        crowd = ", ".join(f'"{"abcdefghij"[i % 10]}{i:05}bcdefgh Nom{i}" <a{i}@x.fr>' for i in range(500))

        words = " ".join(f"mot{i}x" for i in range(30_000))

        message = received(self.message.conversation.mailbox, subject="Foule", text=words, Cc=crowd)

        self.assertEqual(Message.objects.filter(pk=message.pk).count(), 1)
