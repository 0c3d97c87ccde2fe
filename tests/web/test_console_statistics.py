"""Tests of the page *Activité*: figures a responsible pharmacist reads at a glance, and no one's name in them."""

from __future__ import annotations

from datetime import timedelta

from django.test import SimpleTestCase

from portal.web.charts import columns, lines
from portal.web.console.statistics import said
from tests.conversations.mails import received
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase, console


class Activity(ConsoleTestCase):
    def test_a_message_that_came_is_counted_and_nothing_of_it_is_shown(self) -> None:
        received(open_box(), subject="Sujet à taire")

        response = self.as_nadia.get(console("statistics"))

        self.assertContains(response, "1 reçu")
        self.assertContains(response, "1 conversation à traiter")
        for word in ("Sujet à taire", "Durand"):
            self.assertNotContains(response, word)

    def test_an_empty_mailbox_says_so_without_dividing_by_nothing(self) -> None:
        self.assertContains(self.as_nadia.get(console("statistics")), "Aucune réponse sur cette période.")

    def test_another_period_is_a_link_and_a_wrong_one_the_usual(self) -> None:
        week = self.as_nadia.get(console("statistics") + "?jours=7")
        wrong = self.as_nadia.get(console("statistics") + "?jours=1000000")

        self.assertEqual((len(week.context["counted"].days), len(wrong.context["counted"].days)), (7, 30))


class Drawing(SimpleTestCase):
    def test_the_longest_column_fills_the_height_and_an_empty_chart_is_flat(self) -> None:
        chart = columns(["a", "b", "c"], {"reçu": [1, 4, 0], "envoyé": [2, 2, 2]})

        self.assertEqual([rect.height for rect in chart.rects], [25, 100, 0, 50, 50, 50])
        self.assertEqual((chart.top, chart.ticks), (4, ("a", "b", "c")))
        self.assertEqual([rect.height for rect in columns(["a"], {"reçu": [0]}).rects], [0])
        self.assertEqual([line.percent for line in lines([("a", 1), ("b", 2)])], [50, 100])

    def test_a_wait_is_said_as_precisely_as_it_is_of_use(self) -> None:
        waits = [timedelta(minutes=45), timedelta(minutes=200), timedelta(hours=2), timedelta(hours=49)]

        words = [said(wait).replace("\N{NO-BREAK SPACE}", " ") for wait in waits]

        self.assertEqual(words, ["45 min", "3 h 20", "2 h", "2 jours"])
