"""The sandbox's papers are the same bytes for the same words, so that a copy is recognised by its digest."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import TestCase

import time_machine

from sandbox.pictures import Sheet, pdf

SHEET = Sheet(("Docteur Anne MARTIN",), ("DURAND Léa",), ("Amoxicilline 1 g",), code="01S2TEST")


class PdfTests(TestCase):
    def test_a_sheet_drawn_on_another_day_is_the_same_file(self) -> None:
        with time_machine.travel(datetime(2026, 1, 12, tzinfo=UTC), tick=False):
            before = pdf([SHEET])
        with time_machine.travel(datetime(2026, 6, 12, tzinfo=UTC), tick=False):
            after = pdf([SHEET])

        self.assertEqual(before, after)
