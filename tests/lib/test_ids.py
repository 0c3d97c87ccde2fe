"""Primary keys in order of time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from unittest import TestCase, mock
from uuid import RFC_4122, UUID

from portal.lib.ids import COUNTER_BITS, _Clock, first_id_of, made_at, uuid7


class Uuid7Tests(TestCase):
    def test_an_id_says_version_7_and_when_it_was_made(self) -> None:
        before = time.time_ns() // 1_000_000
        made = uuid7()
        after = time.time_ns() // 1_000_000

        self.assertEqual((made.version, made.variant), (7, RFC_4122))
        self.assertTrue(before <= made.int >> 80 <= after + 1)

    def test_it_says_when_it_was_made_and_the_first_of_a_moment_comes_before_it(self) -> None:
        made = uuid7()

        self.assertAlmostEqual(made_at(made), datetime.now(UTC), delta=timedelta(seconds=1))
        self.assertLess(first_id_of(made_at(made)), made)
        self.assertGreater(first_id_of(made_at(made) + timedelta(milliseconds=2)), made)

    def test_ids_made_in_a_burst_are_in_order_and_all_different(self) -> None:
        made = [uuid7() for _ in range(20_000)]

        self.assertEqual(made, sorted(made))
        self.assertEqual(len(set(made)), len(made))

    def test_a_clock_that_steps_back_a_little_does_not_disorder_them(self) -> None:
        first = uuid7()
        with mock.patch("portal.lib.ids.time.time_ns", return_value=time.time_ns() - 5_000_000_000):
            second = uuid7()

        self.assertGreater(second, first)

    def test_after_a_clock_that_was_a_day_ahead_they_say_the_right_time_again(self) -> None:
        ahead = time.time_ns() + 86_400 * 10**9
        with mock.patch("portal.lib.ids.time.time_ns", return_value=ahead):
            uuid7()

        self.assertAlmostEqual(uuid7().int >> 80, time.time_ns() // 1_000_000, delta=1000)

    def test_a_counter_that_is_full_borrows_from_the_next_millisecond(self) -> None:
        now = mock.patch("portal.lib.ids.time.time_ns", return_value=(1 << 47) * 1_000_000)
        with now, mock.patch("portal.lib.ids._clock", _Clock()) as clock:
            clock.instant, clock.counter = 1 << 47, (1 << COUNTER_BITS) - 2
            made = [uuid7() for _ in range(3)]

        self.assertEqual(made, sorted(made))
        self.assertEqual([one.int >> 80 for one in made], [1 << 47, (1 << 47) + 1, (1 << 47) + 1])

    def test_a_forked_process_counts_on_its_own(self) -> None:
        uuid7()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, b"".join(uuid7().bytes for _ in range(100)))
            os._exit(0)
        mine = {uuid7() for _ in range(100)}
        os.waitpid(child, 0)
        received = os.read(reader, 1600)
        os.close(reader)
        os.close(writer)

        theirs = {UUID(bytes=received[start : start + 16]) for start in range(0, 1600, 16)}
        self.assertEqual(len(mine | theirs), 200)
