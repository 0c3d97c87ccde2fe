"""Patience: longer and longer, and never beyond a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest import TestCase

from portal.outbound.retry import GIVE_UP_AFTER, delay_after, next_attempt_at

QUEUED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Patience(TestCase):
    def test_it_waits_1_5_15_30_minutes_then_1_2_4_hours(self) -> None:
        minutes = [delay_after(attempt).total_seconds() / 60 for attempt in range(1, 9)]

        self.assertEqual(minutes, [1, 5, 15, 30, 60, 120, 240, 240])

    def test_attempts_are_counted_from_one(self) -> None:
        with self.assertRaises(ValueError):
            delay_after(0)

    def test_it_gives_up_within_the_day_after_a_dozen_attempts(self) -> None:
        now, attempt, give_up_at = QUEUED, 0, QUEUED + GIVE_UP_AFTER
        while now is not None:
            last, attempt = now, attempt + 1
            self.assertLess(attempt, 20)
            now = next_attempt_at(attempt, now=now, give_up_at=give_up_at)

        self.assertEqual(attempt, 12)
        self.assertLess(last, give_up_at)
        self.assertGreater(last, give_up_at - timedelta(hours=4))
