"""Whatever is done to a journal, the first row concerned is named."""

from __future__ import annotations

from dataclasses import replace
from unittest import TestCase

from portal.audit.chain import End, Fault, Finding, Row, digest, verify
from tests.effort import LIMIT, growth


def written(length: int) -> list[Row]:
    rows: list[Row] = []
    previous = b""
    for n in range(1, length + 1):
        blank = Row(
            n, 1_700_000_000_000_000 + n, "person", None, "account:sign-in", "", None, "", previous, b""
        )
        rows.append(replace(blank, hash=digest(blank)))
        previous = rows[-1].hash
    return rows


def end_of(rows: list[Row]) -> End:
    return End(rows[-1].n, rows[-1].hash)


def rewritten(rows: list[Row]) -> list[Row]:
    """The rows numbered and hashed anew, as an owner of the database could."""
    done: list[Row] = []
    for n, row in enumerate(rows, 1):
        moved = replace(row, n=n, previous=done[-1].hash if done else b"")
        done.append(replace(moved, hash=digest(moved)))
    return done


class Verifying(TestCase):
    def setUp(self) -> None:
        self.rows = written(12)
        self.head = end_of(self.rows)

    def found(self, rows: list[Row], *anchors: End) -> Finding | None:
        return verify(rows, self.head, anchors)

    def test_a_journal_nobody_touched_is_whole(self) -> None:
        self.assertIsNone(self.found(self.rows, End(4, self.rows[3].hash), self.head))

    def test_an_empty_journal_is_whole(self) -> None:
        self.assertIsNone(verify([], End(0, b"")))

    def test_an_altered_row_is_named(self) -> None:
        for place in (1, 5, 12):
            rows = list(self.rows)
            rows[place - 1] = replace(rows[place - 1], event="account:sign-out")
            with self.subTest(place):
                self.assertEqual(self.found(rows), Finding(Fault.ALTERED, place))

    def test_an_altered_row_with_a_fresh_hash_is_named(self) -> None:
        forged = replace(self.rows[4], event="account:sign-out")
        self.rows[4] = replace(forged, hash=digest(forged))
        self.assertEqual(self.found(self.rows), Finding(Fault.ALTERED, 5))

    def test_the_last_row_altered_with_a_fresh_hash_is_named(self) -> None:
        forged = replace(self.rows[11], event="account:sign-out")
        self.rows[11] = replace(forged, hash=digest(forged))
        self.assertEqual(self.found(self.rows), Finding(Fault.ALTERED, 12))

    def test_a_removed_row_is_named(self) -> None:
        for place in (1, 5):
            rows = [row for row in self.rows if row.n != place]
            with self.subTest(place):
                self.assertEqual(self.found(rows), Finding(Fault.REMOVED, place))

    def test_a_removed_row_is_named_though_the_others_closed_up(self) -> None:
        kept = [row for row in self.rows if row.n != 5]
        rows = [replace(row, n=n) for n, row in enumerate(kept, 1)]
        self.assertEqual(self.found(rows), Finding(Fault.REMOVED, 5))

    def test_an_inserted_row_is_named(self) -> None:
        blank = replace(self.rows[4], event="account:sign-out")
        for intruder in (
            replace(blank, hash=b"x" * 32),
            replace(blank, hash=digest(blank)),
            replace(blank, previous=b"y" * 32, hash=digest(replace(blank, previous=b"y" * 32))),
        ):
            rows = [*self.rows[:4], intruder, *(replace(row, n=row.n + 1) for row in self.rows[4:])]
            with self.subTest(intruder.hash.hex()):
                self.assertEqual(self.found(rows), Finding(Fault.INSERTED, 5))

    def test_a_row_added_behind_the_head_is_named(self) -> None:
        last = replace(self.rows[-1], n=13, previous=self.rows[-1].hash)
        self.rows.append(replace(last, hash=digest(last)))
        self.assertEqual(self.found(self.rows), Finding(Fault.INSERTED, 13))

    def test_two_rows_that_changed_places_are_named(self) -> None:
        for one, other in ((5, 6), (5, 9)):
            rows = list(self.rows)
            rows[one - 1], rows[other - 1] = (
                replace(self.rows[other - 1], n=one),
                replace(self.rows[one - 1], n=other),
            )
            with self.subTest((one, other)):
                self.assertEqual(self.found(rows), Finding(Fault.REORDERED, one))

    def test_a_cut_tail_is_named_by_the_head(self) -> None:
        self.assertEqual(self.found(self.rows[:9]), Finding(Fault.CUT, 10))
        self.assertEqual(self.found([]), Finding(Fault.CUT, 1))

    def test_a_cut_tail_is_named_by_an_anchor_when_the_head_was_cut_too(self) -> None:
        anchor = self.head
        rows = self.rows[:9]
        self.assertIsNone(verify(rows, end_of(rows)))
        self.assertEqual(verify(rows, end_of(rows), [anchor]), Finding(Fault.CUT, 10))

    def test_a_tail_cut_and_grown_again_is_named_by_an_anchor(self) -> None:
        anchors = [End(4, self.rows[3].hash), self.head]
        rows = rewritten([*self.rows[:9], *(replace(row, event="account:lock") for row in self.rows[9:])])
        self.assertIsNone(verify(rows, end_of(rows)))
        self.assertEqual(verify(rows, end_of(rows), anchors), Finding(Fault.ALTERED, 5, 12))

    def test_ten_thousand_rows_are_checked_in_one_pass(self) -> None:
        rows = written(10_000)
        rows[9_000] = replace(rows[9_000], event="account:sign-out")

        self.assertEqual(verify(rows, end_of(rows)), Finding(Fault.ALTERED, 9_001))

        good = written(10_000)
        self.assertLess(growth(lambda size: verify(good[:size], end_of(good[:size])), 2_500), LIMIT)
