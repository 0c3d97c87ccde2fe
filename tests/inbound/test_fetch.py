"""Tests that each mail at the operator is here exactly once, whatever its numbers do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from unittest import mock

from django.test import override_settings

from portal.audit.models import Entry
from portal.conversations.counters import counts
from portal.conversations.models import CounterKind
from portal.inbound import fetch, store
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.inbound.quarantine import NothingToReplay, dismiss, replay
from portal.mail.faults import Code, TemporaryFault
from portal.mail.imap import Box, Fetched
from portal.mailboxes.models import Mailbox
from sandbox.operator import Operator, running_operator
from sandbox.people import SOLEIL
from tests.base import PharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import box_at, open_box


class Fetching(PharmacyTestCase):
    operator: ClassVar[Operator]
    stack: ClassVar[ExitStack]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = ExitStack()
        cls.addClassCleanup(cls.stack.close)
        folder = Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        cls.operator = cls.stack.enter_context(running_operator(folder))

    def setUp(self) -> None:
        super().setUp()
        self.operator.faults.refuse_logins = False
        for stored in self.operator.store.messages(SOLEIL):
            self.operator.store.remove(SOLEIL, stored.uid)
        self.operator.renumber(SOLEIL)
        self.box = box_at(self.operator)

    def fetch(self) -> Mailbox:
        fetch_mailbox(self.box.id)
        self.box.refresh_from_db()
        return self.box

    def held(self) -> list[bytes]:
        return sorted(raw.read_blob() for raw in RawMessage.objects.all() if raw.digest)

    def there(self) -> list[bytes]:
        return sorted(self.operator.mailbox(SOLEIL))

    def test_every_mail_is_here_to_the_byte_and_nothing_changed_at_the_operator(self) -> None:
        for number in range(5):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        before = [(stored.uid, stored.path.name) for stored in self.operator.store.messages(SOLEIL)]

        box = self.fetch()

        self.assertEqual(self.held(), self.there())
        self.assertEqual(before, [(s.uid, s.path.name) for s in self.operator.store.messages(SOLEIL)])
        self.assertEqual(box.watermark, max(uid for uid, _ in before))
        self.assertIsNotNone(box.last_ok_at)
        self.assertTrue(Entry.objects.filter(event="mailbox:fetch", object_id=box.id).exists())

    def test_a_second_fetch_brings_only_what_is_new(self) -> None:
        self.operator.deliver(SOLEIL, letter(subject="Avant"))
        self.fetch()
        self.operator.deliver(SOLEIL, letter(subject="Après"))

        with mock.patch.object(Box, "fetch", autospec=True, side_effect=Box.fetch) as fetched:
            self.fetch()

        self.assertEqual(self.held(), self.there())
        self.assertEqual([len(call.args[1]) for call in fetched.call_args_list], [1])

    def test_two_mails_with_one_message_id_are_both_kept_and_both_shown(self) -> None:
        for text in ("Prenez le bleu.", "Prenez le rouge."):
            self.operator.deliver(SOLEIL, letter(text=text, message_id="<meme@patient.mssante.fr>"))
        self.fetch()

        process_stored()

        shown = [raw.message.text.strip() for raw in RawMessage.objects.order_by("uid")]
        self.assertEqual(shown, ["Prenez le bleu.", "Prenez le rouge."])

    def test_two_mails_alike_to_the_byte_stay_two_through_a_renumbering(self) -> None:
        at = datetime(2026, 11, 16, 9, tzinfo=UTC)
        for _ in range(2):
            self.operator.store.deliver(SOLEIL, letter(message_id="<jumeaux@x>"), at=at)
        self.fetch()

        self.operator.renumber(SOLEIL)
        self.fetch()

        self.assertEqual(len(self.held()), 2)

    def test_a_renumbered_mailbox_loses_nothing_and_doubles_nothing(self) -> None:
        for number in range(60):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        self.fetch()
        process_stored()
        self.operator.renumber(SOLEIL)
        self.operator.deliver(SOLEIL, letter(subject="Le nouveau"))

        box = self.fetch()

        self.assertEqual(self.held(), self.there())
        self.assertEqual(RawMessage.objects.filter(state=RawState.STORED).count(), 1)
        self.assertEqual(RawMessage.objects.exclude(uidvalidity=box.uidvalidity).count(), 0)
        self.assertTrue(Entry.objects.filter(event="mailbox:epoch").exists())

    def test_a_mail_gone_from_the_operator_before_the_renumbering_stays_here(self) -> None:
        self.operator.deliver(SOLEIL, letter(subject="Parti"))
        self.operator.deliver(SOLEIL, letter(subject="Resté"))
        self.fetch()
        self.operator.store.remove(SOLEIL, 1)

        self.operator.renumber(SOLEIL)
        self.fetch()

        self.assertEqual(len(self.held()), 2)

    def test_holes_between_the_numbers_hide_nothing(self) -> None:
        for number in range(9):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        for uid in (1, 4, 5, 9):
            self.operator.store.remove(SOLEIL, uid)

        self.fetch()

        self.assertEqual(self.held(), self.there())

    def test_what_appears_below_the_watermark_is_found_by_the_daily_comparison(self) -> None:
        for number in range(3):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        self.fetch()
        RawMessage.objects.filter(uid=2).delete()
        self.fetch()
        self.assertEqual(len(self.held()), 2)

        Mailbox.objects.filter(pk=self.box.pk).update(reconciled_at=datetime(2026, 1, 1, tzinfo=UTC))
        self.fetch()

        self.assertEqual(self.held(), self.there())

    @override_settings(MAX_FETCH_BYTES=20_000)
    def test_a_mail_too_big_is_shown_in_quarantine_and_the_next_one_is_fetched(self) -> None:
        self.operator.deliver(SOLEIL, letter(text="énorme " * 10_000))
        self.operator.deliver(SOLEIL, letter(subject="Le suivant"))

        self.fetch()
        process_stored()

        big, following = RawMessage.objects.order_by("uid")
        self.assertEqual((big.state, big.reason), (RawState.QUARANTINED, "too-big"))
        self.assertGreater(big.size, 20_000)
        self.assertEqual(following.state, RawState.FILED)
        self.assertEqual(counts(self.nadia.id)[CounterKind.QUARANTINE], 1)
        with self.assertRaises(NothingToReplay):
            replay(big, by=self.nadia)
        dismiss(big, by=self.nadia)
        self.assertEqual(counts(self.nadia.id)[CounterKind.QUARANTINE], 0)

    @override_settings(MAX_FETCH_BYTES=20_000)
    def test_a_mail_too_big_is_recognised_after_a_renumbering(self) -> None:
        self.operator.deliver(SOLEIL, letter(text="énorme " * 10_000))
        self.fetch()

        self.operator.renumber(SOLEIL)
        self.fetch()

        self.assertEqual(RawMessage.objects.count(), 1)

    def test_a_mail_that_the_operator_does_not_hand_out_is_shown_and_asked_for_again(self) -> None:
        self.operator.deliver(SOLEIL, letter(subject="Retenu"))
        self.operator.deliver(SOLEIL, letter(subject="Le suivant"))
        real = Box.fetch

        def withheld(box: Box, uids: Sequence[int]) -> Iterator[Fetched]:
            first, *others = uids
            yield Fetched(first, None, 300, None, Code.CLOSED)
            yield from real(box, others)

        with mock.patch.object(Box, "fetch", withheld):
            self.fetch()
        held_back = RawMessage.objects.get(state=RawState.QUARANTINED)
        self.assertEqual(held_back.reason, "fetch-closed")
        replay(held_back, by=self.nadia)
        self.fetch()
        process_stored()

        self.assertEqual(self.held(), self.there())
        self.assertEqual(RawMessage.objects.filter(state=RawState.FILED).count(), 2)
        self.assertEqual(counts(self.nadia.id)[CounterKind.QUARANTINE], 0)

    def test_a_listed_mail_that_never_comes_is_shown(self) -> None:
        self.operator.deliver(SOLEIL, letter())

        with mock.patch.object(Box, "fetch", lambda box, uids: iter(())):
            self.fetch()

        self.assertEqual(RawMessage.objects.get().reason, "fetch-protocol")

    def test_a_cut_in_the_middle_keeps_what_came_and_goes_on_next_time(self) -> None:
        for number in range(3):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))
        real = Box.fetch

        def cut(box: Box, uids: Sequence[int]) -> Iterator[Fetched]:
            yield next(real(box, uids))
            raise TemporaryFault(Code.CLOSED)

        with mock.patch.object(Box, "fetch", cut):
            box = self.fetch()
        self.assertEqual(len(self.held()), 1)
        self.assertEqual((box.fetch_failures, box.watermark), (1, 0))
        self.fetch()

        self.assertEqual(self.held(), self.there())

    def test_a_crash_between_the_commit_and_the_watermark_doubles_nothing(self) -> None:
        self.operator.deliver(SOLEIL, letter())

        with mock.patch.object(fetch, "_move_watermark", side_effect=KeyboardInterrupt):
            self.assertRaises(KeyboardInterrupt, fetch_mailbox, self.box.id)
        self.fetch()

        self.assertEqual(self.held(), self.there())

    def test_a_full_disk_loses_nothing(self) -> None:
        self.operator.deliver(SOLEIL, letter(text="x"))

        with mock.patch.object(store, "_row", side_effect=OSError(28, "No space left on device")):
            self.assertRaises(OSError, fetch_mailbox, self.box.id)
        self.box.refresh_from_db()
        self.assertEqual(self.box.watermark, 0)
        self.fetch()

        self.assertEqual(self.held(), self.there())

    def test_a_long_mailbox_gives_the_others_their_turn(self) -> None:
        for number in range(3):
            self.operator.deliver(SOLEIL, letter(subject=f"N° {number}"))

        with mock.patch.object(fetch, "ROUND_SECONDS", 0.0), mock.patch.object(fetch, "BATCH_COUNT", 1):
            box = self.fetch()
            self.assertEqual(len(self.held()), 1)
            self.assertLessEqual(box.next_fetch_at, box.last_ok_at)
            self.fetch()
        self.fetch()

        self.assertEqual(self.held(), self.there())

    def test_a_mailbox_that_does_not_answer_says_why_and_is_asked_less_and_less(self) -> None:
        silent = open_box("une-autre@officine-test.mssante.fr")

        waits = []
        for _ in range(7):
            fetch_mailbox(silent.id)
            silent.refresh_from_db()
            waits.append((silent.next_fetch_at - silent.fetch_fault_at).total_seconds())

        self.assertEqual(silent.fetch_fault, "refused")
        self.assertEqual(waits[:5], sorted(waits[:5]))
        self.assertLess(waits[0], 61)
        self.assertTrue(all(540 <= wait <= 602 for wait in waits[5:]), waits)
        self.assertEqual(Entry.objects.filter(event="mailbox:fault").count(), 1)

    def test_a_mailbox_that_answers_again_is_well(self) -> None:
        self.operator.faults.refuse_logins = True
        self.assertEqual(self.fetch().fetch_fault, "login-refused")
        self.operator.faults.refuse_logins = False

        box = self.fetch()

        self.assertEqual((box.fetch_fault, box.fetch_failures), ("", 0))
        self.assertTrue(Entry.objects.filter(event="mailbox:recover").exists())
