"""Moments, sizes and INS read on screen as a French pharmacist would write them."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime

from django.template.defaultfilters import truncatechars

from portal.web.inbox.marking import Marked
from portal.web.templatetags.officinal import day_name, full_moment, ins, peek, short_moment, weight

NOW = datetime(2026, 11, 23, 8, 53, tzinfo=UTC)
"""9:53 in Paris."""


class PeekTests(unittest.TestCase):
    def test_a_long_text_is_cut_where_django_cuts_it_and_bears_no_marks(self) -> None:
        for text in ("", "court", "é" * 12, "un texte de plus de douze lettres", "e\u0301" * 20):
            self.assertEqual(peek(text, 12), truncatechars(text, 12))
        self.assertIs(type(peek(Marked.of("court", [(0, 2)]), 12)), str)


class MomentTests(unittest.TestCase):
    """In Paris, whatever the server's clock is set to."""

    def test_a_message_of_this_morning_shows_its_hour(self) -> None:
        self.assertEqual(short_moment(datetime(2026, 11, 23, 8, 42, tzinfo=UTC), NOW), "9:42")

    def test_a_message_of_last_night_is_of_yesterday_even_if_utc_says_today(self) -> None:
        just_after = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
        self.assertEqual(short_moment(datetime(2026, 11, 23, 22, 30, tzinfo=UTC), just_after), "hier")
        self.assertEqual(short_moment(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), just_after), "0:30")

    def test_older_messages_show_their_day_then_their_year(self) -> None:
        self.assertEqual(short_moment(datetime(2026, 11, 12, 8, 0, tzinfo=UTC), NOW), "12\xa0nov.")
        self.assertEqual(short_moment(datetime(2025, 11, 12, 8, 0, tzinfo=UTC), NOW), "12/11/2025")

    def test_a_sentence_says_when(self) -> None:
        self.assertEqual(full_moment(datetime(2026, 11, 23, 8, 5, tzinfo=UTC), NOW), "à\xa09:05")
        self.assertEqual(full_moment(datetime(2026, 11, 22, 17, 5, tzinfo=UTC), NOW), "hier à\xa018:05")
        self.assertEqual(full_moment(datetime(2026, 7, 1, 8, 0, tzinfo=UTC), NOW), "le 1\xa0juil. à\xa010:00")

    def test_a_retry_that_falls_tomorrow_is_not_shown_as_today(self) -> None:
        self.assertEqual(full_moment(datetime(2026, 11, 24, 0, 30, tzinfo=UTC), NOW), "demain à\xa01:30")

    def test_days_are_named_between_messages(self) -> None:
        self.assertEqual(day_name(NOW, NOW), "Aujourd’hui")
        self.assertEqual(day_name(datetime(2026, 11, 22, 9, 0, tzinfo=UTC), NOW), "Hier")
        self.assertEqual(day_name(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), NOW), "Vendredi 20\xa0novembre")
        self.assertEqual(day_name(datetime(2025, 5, 1, 9, 0, tzinfo=UTC), NOW), "Jeudi 1er\xa0mai 2025")


class WritingTests(unittest.TestCase):
    """Numbers in groups, with spaces that never break."""

    def test_an_ins_is_grouped_as_on_the_carte_vitale(self) -> None:
        self.assertEqual(ins("262035819401844"), "2\xa062\xa003\xa058\xa0194\xa0018\xa044")
        self.assertEqual(ins("2620358194018"), "2\xa062\xa003\xa058\xa0194\xa0018")

    def test_a_corsican_ins_keeps_its_letter(self) -> None:
        self.assertEqual(ins("262032A19401844"), "2\xa062\xa003\xa02A\xa0194\xa0018\xa044")

    def test_sizes_are_short(self) -> None:
        self.assertEqual(weight(812), "812\xa0octets")
        self.assertEqual(weight(340_200), "340\xa0Ko")
        self.assertEqual(weight(999_999), "1,0\xa0Mo")
        self.assertEqual(weight(1_240_000), "1,2\xa0Mo")
