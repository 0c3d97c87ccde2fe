"""Tests that a figure is judged as the goals say, and kept in the form that others compare."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest import TestCase, mock

from bench import report
from bench.figures import GOALS, Better, Figure


class Judgement(TestCase):
    def test_one_query_too_many_is_a_failure(self) -> None:
        self.assertEqual(report.failures([Figure("8", 10), Figure("3", 12)]), [])
        self.assertEqual([each.id for each in report.failures([Figure("8", 11), Figure("3", 12)])], ["8"])

    def test_a_slow_machine_is_shown_and_is_no_failure(self) -> None:
        slow = Figure("6.p50", 500.0, 100.0)

        self.assertIn("MISSED", report.row(slow))
        self.assertEqual(report.failures([slow]), [])

    def test_more_mails_a_second_are_better_and_fewer_milliseconds_are(self) -> None:
        self.assertTrue(report.row(Figure("1", 110)).endswith("ok"))
        self.assertTrue(report.row(Figure("1", 200)).endswith("ok, as aimed"))
        self.assertTrue(report.row(Figure("2", 200)).endswith("MISSED"))

    def test_what_we_aim_at_is_never_worse_than_what_must_be(self) -> None:
        for id_, goal in GOALS.items():
            better = goal.aim >= goal.must if goal.better == Better.HIGHER else goal.aim <= goal.must
            self.assertTrue(better, id_)

    def test_the_figures_are_kept_as_a_list(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out" / "latest.json"
            with mock.patch.object(report, "OUT", out):
                report.write([Figure("1", 123.45678, 2000.0), Figure("17.stack", 350.0)])

            self.assertEqual(
                json.loads(out.read_text()),
                [
                    {"id": "1", "value": 123.457, "unit": "mails/s", "floor": 2000.0, "better": "higher"},
                    {"id": "17.stack", "value": 350.0, "unit": "MB", "floor": None, "better": "lower"},
                ],
            )
